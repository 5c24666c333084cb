// Made by `npm run generate` from the API's OpenAPI; not written by hand.
export interface paths {
    "/api/admin/analytics/documents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which documents within the caller's reach answers cite most, and which they do not cite; JSON or CSV
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["documents_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/analytics/quality": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How answers ended, what people and documents say of them, and questions without an answer; JSON or CSV
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["quality_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/analytics/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Messages, tokens, cost, active people and times by day, model, mode, department or user; JSON or CSV
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["usage_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The audit log, newest first
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/audit/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The audit log as a file, newest first; that it was taken out is written into it
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["export_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/budgets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The budgets that were set, by their owner's id, and the defaults
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["list_budgets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/countries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Countries by code
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["list_countries"];
        put?: never;
        /**
         * Adds a country by its ISO 3166-1 code
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["create_country"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/countries/{country_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Deletes a country that nobody and nothing belongs to
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        delete: operations["delete_country"];
        options?: never;
        head?: never;
        /**
         * Corrects a country's code or name; who and what belongs to it stays
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        patch: operations["change_country"];
        trace?: never;
    };
    "/api/admin/departments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Departments by name
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["list_departments"];
        put?: never;
        /**
         * Adds a department
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["create_department"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/departments/{department_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Deletes a department that nobody and nothing belongs to
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        delete: operations["delete_department"];
        options?: never;
        head?: never;
        /**
         * Renames a department; who and what belongs to it stays
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        patch: operations["change_department"];
        trace?: never;
    };
    "/api/admin/departments/{department_id}/budget": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A department's daily budget and what of it is used
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["get_department_budget"];
        /**
         * Gives a department a daily budget of its own, for all its people together
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        put: operations["set_department_budget"];
        post?: never;
        /**
         * Takes a department's own budget away: the default holds again
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        delete: operations["drop_department_budget"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/documents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Documents of the libraries within the caller's reach, with status and reason
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["list_documents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/documents/{document_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One document with status and reason
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["get_admin_document"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Switches a document off or on, at once; 202 when the index is away and the next step of a sync does it
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        patch: operations["change_document"];
        trace?: never;
    };
    "/api/admin/documents/{document_id}/reingest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Has a document read again whole, changed or not; its old passages answer until the new ones are there
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["reingest_document"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/documents/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Why a person finds a document, or not; the document by id or by its address in SharePoint
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `search`: 60 calls in 60 s unless set otherwise.
         */
        get: operations["explain_document"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/documents/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many documents there are of each status and reason
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["summarize_documents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/eval-cases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Cases made of feedback within the caller's reach, newest first
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["list_eval_cases"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/eval-cases/{case_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Deletes a case; the feedback stays
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        delete: operations["delete_eval_case"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/eval-cases/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The cases as a file of JSON lines, for `python -m evals.cases`
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["export_eval_cases"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/feedback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Feedback of the people within the caller's reach, newest first
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["list_feedback"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/feedback/{feedback_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Feedback with the whole exchange: question, answer, its sources as they were, and what was said before
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["get_feedback_exchange"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Moves feedback on, from pending to reviewed to resolved; the caller becomes its reviewer
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        patch: operations["review_feedback"];
        trace?: never;
    };
    "/api/admin/feedback/{feedback_id}/eval-case": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes feedback on an answer from documents a case for evaluation; 200 where it replaces an earlier one
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["make_eval_case"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/forget-jobs/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far a person is forgotten, and what was erased and anonymised
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["get_forget_job"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/index": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The index that serves, the one that is built for the configured model, and how far that is
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["get_index"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/index/rebuild": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Builds the index of the configured embedding model, or goes on with it, while the present one serves
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["rebuild_index_now"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/libraries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Libraries within the caller's reach
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["list_libraries"];
        put?: never;
        /**
         * Puts a SharePoint library under Nexus' care, once its preflight is passed
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["create_library"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/libraries/{library_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One library
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["get_library"];
        put?: never;
        post?: never;
        /**
         * Takes a library out of Nexus: its passages go, then all that is known of it
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        delete: operations["remove_library"];
        options?: never;
        head?: never;
        /**
         * Changes a library's scope and folder rules, pauses or resumes it; carried out at once, without reading a file
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        patch: operations["change_library"];
        trace?: never;
    };
    "/api/admin/libraries/{library_id}/preflight": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Whether Nexus can read the library now, and what an administrator must do where not
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["preflight_known_library"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/libraries/{library_id}/sync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Starts a sync, or joins the one that is running
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["sync_library_now"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/libraries/preflight": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Whether Nexus could read the library at an address, and what an administrator must do where not
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["preflight_library"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/prompts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The versions of the prompts, newest first
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["list_prompts"];
        put?: never;
        /**
         * Adds a version, which serves at once unless it says otherwise
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["create_prompt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/prompts/{prompt_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Deletes a version that is not the active one; the audit log keeps its text
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        delete: operations["delete_prompt"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/prompts/{prompt_id}/activate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Lets a version serve: the way back to an older one
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["activate_prompt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/prompts/{prompt_id}/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a version changed, line by line, against another one of its mode
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["diff_prompt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/prompts/defaults": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The product's own prompt of each mode, and the placeholders that prompts may hold
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["list_prompt_defaults"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Providers by mode, in the order of asking: the active one, the fallbacks, those that are not asked
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["list_providers"];
        put?: never;
        /**
         * Adds a provider to a mode; an active one takes the place of the one that was
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["create_provider"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/providers/{provider_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Deletes a provider that is not the active one
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        delete: operations["delete_provider"];
        options?: never;
        head?: never;
        /**
         * Changes a provider; activating it deactivates the one that was active
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        patch: operations["change_provider"];
        trace?: never;
    };
    "/api/admin/providers/{provider_id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Asks a provider for one sentence, as a question would, and says what came or what is wrong
         * @description For the role super_admin. Counted as `chat`: 60 calls in 60 s unless set otherwise.
         */
        post: operations["try_provider"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/providers/default": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What serves a mode without an active provider, and the hosts where providers may be
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["default_provider"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/retention": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many days messages, feedback and audit log are kept; null is for ever
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["get_retention"];
        /**
         * Sets how long things are kept; what is older goes within the hours that follow
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        put: operations["set_retention"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/sync-runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sync runs, newest first
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["list_sync_runs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/sync-runs/{run_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One sync run, live while it goes
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["get_sync_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/sync-runs/{run_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The sync run whenever it changes, until it has ended; for at most 15 minutes at a time
         * @description For the roles content_manager, within their own scope, and super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["watch_sync_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Users by name, searched and filtered
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["list_users"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/users/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Changes a user's role, scope or activity
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        patch: operations["change_user"];
        trace?: never;
    };
    "/api/admin/users/{user_id}/budget": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A user's daily budget and what of it is used
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["get_user_budget"];
        /**
         * Gives a user a daily budget of their own
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        put: operations["set_user_budget"];
        post?: never;
        /**
         * Takes a user's own budget away: the default holds again
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        delete: operations["drop_user_budget"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/users/{user_id}/forget": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Forgets a person: their name is gone when this returns, all else of theirs within minutes
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["forget_user"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/users/{user_id}/revoke-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ends all sessions of a user; access tokens still live out their 15 minutes
         * @description For the role super_admin. Counted as `admin`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["revoke_user_sessions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the sign-in page needs to start
         * @description Anyone may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["auth_config"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Exchanges an authorization code for a session
         * @description The code of Entra ID's redirect, with the verifier and the nonce that the sign-in began with. The refresh token is
         *     set as a cookie that no script can read, or comes in the body with `token_transport: "body"`, for programs.
         *
         *     Anyone may call it. Counted as `sign_in`: 400 calls in 60 s unless set otherwise.
         */
        post: operations["auth_login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ends the session that the access token came from
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["auth_logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/logout-all": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Signs out everywhere: ends all sessions of the caller
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["auth_logout_all"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The signed-in user, with what is left of today's budget
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["auth_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Exchanges a refresh token, from the cookie or the body, for its successor and a new access token
         * @description A token is good once. Used again later than ten seconds after, it ends the whole session (`refresh_reused`).
         *
         *     Anyone may call it. Counted as `refresh`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["auth_refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/runs/{run_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stops a run; what was written is kept
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["cancel_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The newest run of a conversation: started if it waits, replayed after Last-Event-ID, then followed live
         * @description Made for `EventSource`, which sends no Authorization header: get a ticket first and send it as `ticket`. The stream
         *     ends with the event that has `done`.
         *
         *     Whoever is signed in may call it. Counted as `chat`: 60 calls in 60 s unless set otherwise.
         */
        get: operations["chat_stream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A single-use ticket for EventSource, which cannot send a header
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["create_ticket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The caller's conversations, newest first; with `q` those whose title or messages hold all its words
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["list_conversations"];
        put?: never;
        /**
         * Starts a conversation
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["create_conversation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/conversations/{conversation_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A conversation with its messages, their sources and what the caller thought of them
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["get_conversation"];
        put?: never;
        post?: never;
        /**
         * Deletes a conversation with its messages
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        delete: operations["delete_conversation"];
        options?: never;
        head?: never;
        /**
         * Gives a conversation a title
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        patch: operations["rename_conversation"];
        trace?: never;
    };
    "/api/conversations/{conversation_id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A conversation as a file: Markdown for people, or JSON as the API gives it
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["export_conversation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/conversations/{conversation_id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Asks a question, or the last one anew; the answer streams in, or later with Accept: application/json
         * @description Two forms of one reply. By default 200 with the run's events, as they happen. With `Accept: application/json` 202
         *     names the run, which starts when its stream is opened (`GET /api/chat/stream`). Whoever leaves the stream does not
         *     stop the answer: it is finished, stored, and can be followed again. `regenerate` gives the last answer anew.
         *
         *     Whoever is signed in may call it. Counted as `chat`: 60 calls in 60 s unless set otherwise.
         */
        post: operations["ask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This description as a page
         * @description Everything on it comes from this host. It has a Content-Security-Policy of its own.
         *
         *     Anyone may call it.
         */
        get: operations["docs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/docs/start.js": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The page's own script
         * @description Anyone may call it.
         */
        get: operations["docs_start"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/docs/swagger-ui-bundle.js": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What renders the page: Swagger UI
         * @description Anyone may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["docs_script"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/docs/swagger-ui.css": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The style sheet of Swagger UI
         * @description Anyone may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["docs_style"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/documents/{document_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A document's metadata and its address in SharePoint, if the caller may read it
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["get_document"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The process answers
         * @description Anyone may call it.
         */
        get: operations["health_live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Everything that chat needs answers
         * @description Anyone may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["health_ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/messages/{message_id}/feedback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Rates an answer of an own conversation; a second rating replaces the first
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        put: operations["give_feedback"];
        post?: never;
        /**
         * Takes a rating back
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        delete: operations["take_feedback_back"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notebook/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many files and bytes a notebook session and a person may hold
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["get_notebook_limits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notebook/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The caller's notebook sessions, newest first, with the time left
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["list_notebook_sessions"];
        put?: never;
        /**
         * A private workspace for uploaded files, gone after 24 hours unless pinned
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["create_notebook_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notebook/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A notebook session with its files and how far each is
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["get_notebook_session"];
        put?: never;
        post?: never;
        /**
         * Deletes a notebook session with its files and its conversation; 202 when a part of that has to wait
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        delete: operations["delete_notebook_session"];
        options?: never;
        head?: never;
        /**
         * Renames a notebook session, pins it, or unpins it, which gives it 24 hours again
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        patch: operations["change_notebook_session"];
        trace?: never;
    };
    "/api/notebook/sessions/{session_id}/chat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Asks the files of a notebook session; the answer streams in, or later with Accept: application/json
         * @description Whoever is signed in may call it. Counted as `chat`: 60 calls in 60 s unless set otherwise.
         */
        post: operations["ask_notebook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notebook/sessions/{session_id}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The files of a notebook session and how far each is
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        get: operations["list_files"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notebook/sessions/{session_id}/files/{file_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Deletes a file everywhere; 202 when a part of that has to wait
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        delete: operations["delete_file"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notebook/sessions/{session_id}/files/{file_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reads a failed file again, without a new upload
         * @description Whoever is signed in may call it. Counted as `general`: 1200 calls in 60 s unless set otherwise.
         */
        post: operations["retry_file"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notebook/sessions/{session_id}/upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stores a file in a notebook session and begins to read it
         * @description One field `file` of multipart/form-data. Its type is proven by its content: pdf, docx, xlsx, pptx, txt, md, csv or
         *     html. The reply comes when the file is stored; `status` says how far the reading is, then and in the list of files.
         *
         *     Whoever is signed in may call it. Counted as `upload`: 30 calls in 60 s unless set otherwise.
         */
        post: operations["upload_file"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This description
         * @description Anyone may call it.
         */
        get: operations["openapi_json"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The passages that a rag answer to this question would be made from, best first
         * @description Whoever is signed in may call it. Counted as `search`: 60 calls in 60 s unless set otherwise.
         */
        post: operations["search"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AdminDocumentView
         * @description `status` is indexed, pending, skipped, failed or inactive; the reason says why it is not indexed. `todo` is what
         *     a sync still has to do for it (ingest, relabel or remove) and `waits` says so in words. `passages` is how many
         *     answer now; `retry_at` when a failed file is tried again by a sync.
         * @example {
         *       "id": "aa2e42a3-63c2-5aa1-988d-1263bbda70ab",
         *       "library_id": "6ed8b1e4-5372-5aaf-9af6-06eb569c1688",
         *       "library_name": "Shared Documents",
         *       "file_name": "Policy_DE.pdf",
         *       "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *       "path": "/Policies/Policy_DE.pdf",
         *       "file_type": "pdf",
         *       "file_size": 482133,
         *       "status": "failed",
         *       "reason_code": null,
         *       "reason": null,
         *       "todo": null,
         *       "waits": null,
         *       "attempts": 0,
         *       "retry_at": null,
         *       "passages": 61,
         *       "page_count": 24,
         *       "language": "de",
         *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *       "department": "Human Resources",
         *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
         *       "country": "Germany",
         *       "is_active": true,
         *       "last_modified": "2026-03-02T09:30:00Z",
         *       "ingested_at": "2026-03-02T09:30:00Z",
         *       "created_at": "2026-03-02T09:30:00Z"
         *     }
         */
        AdminDocumentView: {
            attempts: number;
            country: string | null;
            country_id: string | null;
            /** Format: date-time */
            created_at: string;
            department: string | null;
            department_id: string | null;
            file_name: string;
            file_size: number;
            file_type: string;
            file_url: string;
            /** Format: uuid */
            id: string;
            ingested_at: string | null;
            is_active: boolean;
            language: string | null;
            last_modified: string | null;
            /** Format: uuid */
            library_id: string;
            library_name: string;
            page_count: number | null;
            passages: number;
            path: string | null;
            reason: string | null;
            reason_code: string | null;
            retry_at: string | null;
            /** @enum {unknown} */
            status: "failed" | "inactive" | "indexed" | "pending" | "skipped";
            todo: components["schemas"]["Todo"] | null;
            waits: string | null;
        };
        /**
         * AuditEntry
         * @description `actor_id` is null for who could not sign in, and for what Nexus did by itself.
         * @example {
         *       "id": 48211,
         *       "at": "2026-03-02T09:30:00Z",
         *       "actor_id": "50655d80-0c64-5ca7-b9e4-ba3740b3f701",
         *       "action": "library.change",
         *       "target": "6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55",
         *       "outcome": "ok",
         *       "detail": {
         *         "enabled": false
         *       },
         *       "correlation_id": "0af7651916cd43dd8448eb211c80319c"
         *     }
         */
        AuditEntry: {
            action: string;
            actor_id: string | null;
            /** Format: date-time */
            at: string;
            correlation_id: string | null;
            detail: {
                [key: string]: unknown;
            };
            id: number;
            /** @enum {unknown} */
            outcome: "denied" | "failed" | "ok";
            target: string | null;
        };
        /**
         * AuthConfig
         * @example {
         *       "authority": "https://login.microsoftonline.com/5b0f7c2e-3f0e-4f0f-9a58-0f4a1c1b7d11",
         *       "client_id": "9e2d1a34-7a55-4c0e-8d0e-6a2c3b4d5e6f",
         *       "scopes": [
         *         "openid",
         *         "profile",
         *         "email"
         *       ],
         *       "redirect_uri": "https://app.corp.example/auth/callback"
         *     }
         */
        AuthConfig: {
            authority: string;
            client_id: string;
            redirect_uri: string;
            scopes: string[];
        };
        /**
         * AuthorView
         * @example {
         *       "id": "b45a11b7-42c4-588d-a140-e9d45b8330ee",
         *       "display_name": "Alice Meyer"
         *     }
         */
        AuthorView: {
            display_name: string;
            /** Format: uuid */
            id: string;
        };
        /**
         * BudgetChange
         * @description Tokens a day (UTC); null is no limit, whatever the default says.
         * @example {
         *       "daily_tokens": 200000
         *     }
         */
        BudgetChange: {
            daily_tokens: number | null;
        };
        /**
         * BudgetsPage
         * @description The budgets that were set, and what holds for everyone else; null is no limit.
         * @example {
         *       "user_default": 200000,
         *       "department_default": 5000000,
         *       "items": [
         *         {
         *           "subject": "department",
         *           "owner_id": "3602839a-a338-5da6-b5d3-cabd21f38ecd",
         *           "name": "Human Resources",
         *           "daily_tokens": 200000,
         *           "updated_at": "2026-03-02T09:30:00Z"
         *         }
         *       ],
         *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
         *     }
         */
        BudgetsPage: {
            department_default: number | null;
            items: components["schemas"]["OwnBudgetView"][];
            next_cursor: string | null;
            user_default: number | null;
        };
        /**
         * BudgetSubject
         * @example department
         * @enum {unknown}
         */
        BudgetSubject: "department" | "user";
        /**
         * BudgetView
         * @description `limit` and `remaining` are null without a limit. `used` counts the answers of today (UTC) that have ended, with
         *     all calls that they took.
         * @example {
         *       "limit": 20,
         *       "is_default": false,
         *       "used": 18450,
         *       "remaining": 181550,
         *       "resets_at": "2026-03-02T09:30:00Z"
         *     }
         */
        BudgetView: {
            is_default: boolean;
            limit: number | null;
            remaining: number | null;
            /** Format: date-time */
            resets_at: string;
            used: number;
        };
        /**
         * CallerBudget
         * @description Of the user, or of their department together: whichever is spent first.
         * @example {
         *       "subject": "department",
         *       "limit": 20,
         *       "used": 18450,
         *       "remaining": 181550,
         *       "resets_at": "2026-03-02T09:30:00Z"
         *     }
         */
        CallerBudget: {
            limit: number;
            remaining: number;
            /** Format: date-time */
            resets_at: string;
            subject: components["schemas"]["BudgetSubject"];
            used: number;
        };
        /**
         * CitedDocumentView
         * @description `citations` counts the answers that cite it within the period; `last_cited` looks at all times.
         * @example {
         *       "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *       "file_name": "Policy_DE.pdf",
         *       "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *       "citations": 412,
         *       "last_cited": "2026-03-02"
         *     }
         */
        CitedDocumentView: {
            citations: number;
            /** Format: uuid */
            document_id: string;
            file_name: string;
            file_url: string;
            last_cited: string | null;
        };
        /**
         * ConversationView
         * @example {
         *       "id": "9a142ece-212c-533f-ad9d-517bb4a68320",
         *       "mode": "rag",
         *       "title": "Parental leave in Germany",
         *       "created_at": "2026-03-02T09:30:00Z",
         *       "updated_at": "2026-03-02T09:30:00Z"
         *     }
         */
        ConversationView: {
            /** Format: date-time */
            created_at: string;
            /** Format: uuid */
            id: string;
            mode: components["schemas"]["Mode"];
            title: string | null;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * ConversationWithMessages
         * @example {
         *       "id": "cb171bf6-d265-5143-ba53-d9a2318b8e98",
         *       "mode": "rag",
         *       "title": "Parental leave in Germany",
         *       "created_at": "2026-03-02T09:30:00Z",
         *       "updated_at": "2026-03-02T09:30:00Z",
         *       "messages": [
         *         {
         *           "id": "de84e4bc-1ab4-548e-ad94-36cd60ecb3d4",
         *           "role": "assistant",
         *           "content": "Up to 36 months per child [1].",
         *           "status": "complete",
         *           "finish_reason": "stop",
         *           "sources": [
         *             {
         *               "n": 1,
         *               "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *               "passage_id": "1cd59ae6-d458-51f3-9778-f5fdc6c0216d",
         *               "file_name": "Policy_DE.pdf",
         *               "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *               "page": 7,
         *               "section": "3.2 Parental leave",
         *               "snippet": "Parental leave is taken on request. Employees may take up to 36 months for each child.",
         *               "score": 0.83,
         *               "quotes": [
         *                 "Employees may take up to 36 months for each child."
         *               ]
         *             }
         *           ],
         *           "supported": true,
         *           "unsupported": [],
         *           "input_tokens": 1840,
         *           "output_tokens": 212,
         *           "usage_estimated": false,
         *           "side_input_tokens": 96,
         *           "side_output_tokens": 14,
         *           "cost": 0.0054,
         *           "provider": "OpenAI",
         *           "model": "gpt-4.1",
         *           "first_token_ms": 640,
         *           "latency_ms": 3120,
         *           "error": {
         *             "code": "model_unavailable",
         *             "title": "The language model could not answer",
         *             "detail": "The model does not answer. Try again shortly.",
         *             "correlation_id": "0af7651916cd43dd8448eb211c80319c"
         *           },
         *           "run_id": "52268001-b9eb-5398-8f70-b37f9bfa6f73",
         *           "reply_to": "be783336-ff69-5812-b45b-6eaf81eca5a1",
         *           "replaced_by": null,
         *           "created_at": "2026-03-02T09:30:00Z",
         *           "feedback": {
         *             "id": "512a2e13-4a75-5d70-bc5c-7b93b05ec01e",
         *             "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
         *             "rating": "negative",
         *             "comment": "The answer leaves out the rule for part-time work.",
         *             "status": "pending",
         *             "created_at": "2026-03-02T09:30:00Z",
         *             "updated_at": "2026-03-02T09:30:00Z"
         *           }
         *         }
         *       ]
         *     }
         */
        ConversationWithMessages: {
            /** Format: date-time */
            created_at: string;
            /** Format: uuid */
            id: string;
            messages: components["schemas"]["MessageView"][];
            mode: components["schemas"]["Mode"];
            title: string | null;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * CountryChange
         * @description A field left out stays as it is.
         * @example {
         *       "code": "DE",
         *       "name": "Human Resources"
         *     }
         */
        CountryChange: {
            code?: string;
            name?: string;
        };
        /**
         * CountryRow
         * @example {
         *       "id": "b0b6511a-2d2c-53a1-8a8d-293a8322b182",
         *       "code": "DE",
         *       "name": "Human Resources",
         *       "created_at": "2026-03-02T09:30:00Z"
         *     }
         */
        CountryRow: {
            code: string;
            /** Format: date-time */
            created_at: string;
            /** Format: uuid */
            id: string;
            name: string;
        };
        /**
         * CountryView
         * @example {
         *       "id": "a7998de0-b3e2-5b0d-a7d0-5deebf276169",
         *       "code": "DE",
         *       "name": "Human Resources"
         *     }
         */
        CountryView: {
            code: string;
            /** Format: uuid */
            id: string;
            name: string;
        };
        /**
         * DefaultProvider
         * @description What serves a mode without an active provider, from the settings; and where providers may be.
         * @example {
         *       "provider": "anthropic",
         *       "model_name": "gpt-4.1",
         *       "endpoint": "https://contoso.openai.azure.com",
         *       "api_key_env_var": "AZURE_OPENAI_API_KEY",
         *       "is_key_set": true,
         *       "allowed_hosts": [
         *         "openai.azure.com",
         *         "api.openai.com"
         *       ]
         *     }
         */
        DefaultProvider: {
            allowed_hosts: string[];
            api_key_env_var: string | null;
            endpoint: string | null;
            is_key_set: boolean;
            model_name: string;
            provider: components["schemas"]["ProviderKind"];
        };
        /**
         * DepartmentChange
         * @example {
         *       "name": "Human Resources"
         *     }
         */
        DepartmentChange: {
            name: string;
        };
        /**
         * DepartmentRow
         * @example {
         *       "id": "8b3b2259-da74-56e2-b5e2-f571a732d157",
         *       "name": "Human Resources",
         *       "created_at": "2026-03-02T09:30:00Z"
         *     }
         */
        DepartmentRow: {
            /** Format: date-time */
            created_at: string;
            /** Format: uuid */
            id: string;
            name: string;
        };
        /**
         * DepartmentView
         * @example {
         *       "id": "e50452c6-01b2-599c-aa17-a94108de6707",
         *       "name": "Human Resources"
         *     }
         */
        DepartmentView: {
            /** Format: uuid */
            id: string;
            name: string;
        };
        /**
         * DiffLineView
         * @description Numbered from 1; `old_number` is null for an added line, `new_number` for a removed one.
         * @example {
         *       "change": "added",
         *       "old_number": null,
         *       "new_number": 2,
         *       "text": "Answer in the language of the question."
         *     }
         */
        DiffLineView: {
            /** @enum {unknown} */
            change: "added" | "removed" | "same";
            new_number: number | null;
            old_number: number | null;
            text: string;
        };
        /**
         * DocumentChange
         * @description False takes the document out of every answer and keeps it so, whatever SharePoint does to it.
         * @example {
         *       "is_active": true
         *     }
         */
        DocumentChange: {
            is_active: boolean;
        };
        /**
         * DocumentsReport
         * @description `documents` could be cited, `cited_documents` of them were. Documents that were not come by name, in pages.
         * @example {
         *       "from": "2026-03-02",
         *       "to": "2026-03-02",
         *       "documents": 17,
         *       "cited_documents": 318,
         *       "most_cited": [
         *         {
         *           "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *           "file_name": "Policy_DE.pdf",
         *           "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *           "citations": 412,
         *           "last_cited": "2026-03-02"
         *         }
         *       ],
         *       "not_cited": [
         *         {
         *           "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *           "file_name": "Policy_DE.pdf",
         *           "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *           "citations": 412,
         *           "last_cited": "2026-03-02"
         *         }
         *       ],
         *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
         *     }
         */
        DocumentsReport: {
            cited_documents: number;
            documents: number;
            /** Format: date */
            from: string;
            most_cited: components["schemas"]["CitedDocumentView"][];
            next_cursor: string | null;
            not_cited: components["schemas"]["CitedDocumentView"][];
            /** Format: date */
            to: string;
        };
        /**
         * DocumentSummaryView
         * @description `by_status` has every status, also those of no document; `reasons` those that there are, most frequent first.
         * @example {
         *       "total": 1204,
         *       "by_status": {
         *         "indexed": 1180,
         *         "pending": 4,
         *         "skipped": 17,
         *         "failed": 2,
         *         "inactive": 1
         *       },
         *       "reasons": [
         *         {
         *           "status": "skipped",
         *           "reason_code": "encrypted",
         *           "documents": 17
         *         }
         *       ]
         *     }
         */
        DocumentSummaryView: {
            by_status: {
                [key: string]: number;
            };
            reasons: components["schemas"]["ReasonCount"][];
            total: number;
        };
        /**
         * DocumentView
         * @description What a reader may know of a document they may open.
         * @example {
         *       "id": "e43d1475-f0f6-5c7d-b83e-e37d07b6e99a",
         *       "file_name": "Policy_DE.pdf",
         *       "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *       "file_type": "pdf",
         *       "title": "Parental leave in Germany",
         *       "page_count": 24,
         *       "language": "de",
         *       "last_modified": "2026-03-02T09:30:00Z",
         *       "ingested_at": "2026-03-02T09:30:00Z"
         *     }
         */
        DocumentView: {
            file_name: string;
            file_type: string;
            file_url: string;
            /** Format: uuid */
            id: string;
            ingested_at: string | null;
            language: string | null;
            last_modified: string | null;
            page_count: number | null;
            title: string | null;
        };
        /**
         * EvalCaseView
         * @description `feedback_id` is null once the feedback is gone; `expected` for unanswerable questions.
         * @example {
         *       "id": "27235ce6-5fd1-54ec-bf02-339f716e25dd",
         *       "feedback_id": "767c0ee8-3e9c-5b75-9e9f-90a2cc298a77",
         *       "question": "How long is parental leave in Germany?",
         *       "verdict": "wrong",
         *       "expected": {
         *         "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *         "file_name": "Policy_DE.pdf",
         *         "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *         "page": 7
         *       },
         *       "note": "The answer stands on page 7.",
         *       "created_by": "4946d0e4-66dd-5bf4-a5a6-dcd66f3e945a",
         *       "created_at": "2026-03-02T09:30:00Z",
         *       "updated_at": "2026-03-02T09:30:00Z"
         *     }
         */
        EvalCaseView: {
            /** Format: date-time */
            created_at: string;
            created_by: string | null;
            expected: components["schemas"]["ExpectedSourceView"] | null;
            feedback_id: string | null;
            /** Format: uuid */
            id: string;
            note: string | null;
            question: string;
            /** Format: date-time */
            updated_at: string;
            verdict: components["schemas"]["Verdict"];
        };
        /**
         * ExchangeView
         * @description The whole of it: `question` is not cut here. `preceding` are the messages before the question, oldest first.
         * @example {
         *       "id": "077445eb-7684-5c87-a12a-2c98ed8b8b9c",
         *       "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
         *       "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031",
         *       "mode": "rag",
         *       "is_private": false,
         *       "rating": "negative",
         *       "comment": "The answer leaves out the rule for part-time work.",
         *       "status": "pending",
         *       "question": "How long is parental leave in Germany?",
         *       "provider": "OpenAI",
         *       "model": "gpt-4.1",
         *       "supported": true,
         *       "given_by": {
         *         "id": "d53c646d-9b1a-5c6b-bc38-cd00f5e0ac20",
         *         "display_name": "Alice Meyer",
         *         "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *         "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
         *       },
         *       "reviewed_by": {
         *         "id": "b30b7838-3029-5486-9fcb-867523cea067",
         *         "display_name": "Alice Meyer"
         *       },
         *       "reviewed_at": "2026-03-02T09:30:00Z",
         *       "created_at": "2026-03-02T09:30:00Z",
         *       "updated_at": "2026-03-02T09:30:00Z",
         *       "eval_case_id": "15c8a8f9-de39-5abb-b510-6b6ff4561b1b",
         *       "answer": "Up to 36 months per child [1].",
         *       "answer_status": "complete",
         *       "finish_reason": "stop",
         *       "unsupported": [],
         *       "input_tokens": 1840,
         *       "output_tokens": 212,
         *       "first_token_ms": 640,
         *       "latency_ms": 3120,
         *       "is_replaced": false,
         *       "asked_at": "2026-03-02T09:30:00Z",
         *       "answered_at": "2026-03-02T09:30:00Z",
         *       "sources": [
         *         {
         *           "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *           "title": "Parental leave in Germany",
         *           "url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *           "page": 7,
         *           "section": "3.2 Parental leave",
         *           "score": 0.83,
         *           "cited_as": 1,
         *           "is_readable": false,
         *           "snippet": "Parental leave is taken on request. Employees may take up to 36 months for each child."
         *         }
         *       ],
         *       "preceding": [
         *         {
         *           "role": "content_manager",
         *           "content": "How long is parental leave in Germany?",
         *           "created_at": "2026-03-02T09:30:00Z"
         *         }
         *       ]
         *     }
         */
        ExchangeView: {
            answer: string | null;
            answer_status: string;
            /** Format: date-time */
            answered_at: string;
            asked_at: string | null;
            comment: string | null;
            /** Format: uuid */
            conversation_id: string;
            /** Format: date-time */
            created_at: string;
            eval_case_id: string | null;
            finish_reason: string | null;
            first_token_ms: number | null;
            given_by: components["schemas"]["GiverView"];
            /** Format: uuid */
            id: string;
            input_tokens: number;
            is_private: boolean;
            is_replaced: boolean;
            latency_ms: number | null;
            /** Format: uuid */
            message_id: string;
            mode: components["schemas"]["Mode"];
            model: string | null;
            output_tokens: number;
            preceding: components["schemas"]["SaidView"][];
            provider: string | null;
            question: string | null;
            rating: components["schemas"]["Rating"];
            reviewed_at: string | null;
            reviewed_by: components["schemas"]["PersonView"] | null;
            sources: components["schemas"]["RetrievedSourceView"][];
            status: components["schemas"]["FeedbackStatus"];
            supported: boolean | null;
            unsupported: string[];
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * ExpectedDocument
         * @description Without a page any place of the document will do.
         * @example {
         *       "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *       "page": 7
         *     }
         */
        ExpectedDocument: {
            /** Format: uuid */
            document_id: string;
            /** @default null */
            page?: number | null;
        };
        /**
         * ExpectedSourceView
         * @example {
         *       "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *       "file_name": "Policy_DE.pdf",
         *       "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *       "page": 7
         *     }
         */
        ExpectedSourceView: {
            /** Format: uuid */
            document_id: string;
            file_name: string;
            file_url: string | null;
            page: number | null;
        };
        /**
         * ExplainedLibrary
         * @example {
         *       "id": "f88cf64d-7c6d-517e-9be4-f3b32a416c01",
         *       "name": "Shared Documents",
         *       "library_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents",
         *       "enabled": true,
         *       "status": "idle",
         *       "error_message": null,
         *       "last_sync_at": "2026-03-02T09:30:00Z"
         *     }
         */
        ExplainedLibrary: {
            enabled: boolean;
            error_message: string | null;
            /** Format: uuid */
            id: string;
            last_sync_at: string | null;
            library_url: string;
            name: string;
            status: string;
        };
        /**
         * ExplainedPassages
         * @description Passages by the ledger, and by the index itself: found, switched off, staged for a version not whole yet, and
         *     those that the person may read (null without one).
         * @example {
         *       "ledger": 61,
         *       "active": 61,
         *       "inactive": 0,
         *       "staged": 0,
         *       "readable": 61
         *     }
         */
        ExplainedPassages: {
            active: number;
            inactive: number;
            ledger: number;
            readable: number | null;
            staged: number;
        };
        /**
         * ExplanationCheck
         * @description `ok` is null for what could not be looked at.
         * @example {
         *       "check": "library",
         *       "ok": true,
         *       "detail": "The library Policies is enabled and was synced today."
         *     }
         */
        ExplanationCheck: {
            check: string;
            detail: string;
            ok: boolean | null;
        };
        /**
         * ExplanationView
         * @description `passages` is null while the index is away. `place` is where the document's best passage comes for `query`,
         *     from 1 on; null without a query, and when it is not among the first 50.
         * @example {
         *       "verdict": {
         *         "findable": true,
         *         "code": "findable",
         *         "sentence": "Nothing stands in the way: the document answers for this person."
         *       },
         *       "checks": [
         *         {
         *           "check": "library",
         *           "ok": true,
         *           "detail": "The library Policies is enabled and was synced today."
         *         }
         *       ],
         *       "library": {
         *         "id": "f88cf64d-7c6d-517e-9be4-f3b32a416c01",
         *         "name": "Shared Documents",
         *         "library_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents",
         *         "enabled": true,
         *         "status": "idle",
         *         "error_message": null,
         *         "last_sync_at": "2026-03-02T09:30:00Z"
         *       },
         *       "document": {
         *         "id": "aa2e42a3-63c2-5aa1-988d-1263bbda70ab",
         *         "library_id": "6ed8b1e4-5372-5aaf-9af6-06eb569c1688",
         *         "library_name": "Shared Documents",
         *         "file_name": "Policy_DE.pdf",
         *         "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *         "path": "/Policies/Policy_DE.pdf",
         *         "file_type": "pdf",
         *         "file_size": 482133,
         *         "status": "failed",
         *         "reason_code": null,
         *         "reason": null,
         *         "todo": null,
         *         "waits": null,
         *         "attempts": 0,
         *         "retry_at": null,
         *         "passages": 61,
         *         "page_count": 24,
         *         "language": "de",
         *         "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *         "department": "Human Resources",
         *         "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
         *         "country": "Germany",
         *         "is_active": true,
         *         "last_modified": "2026-03-02T09:30:00Z",
         *         "ingested_at": "2026-03-02T09:30:00Z",
         *         "created_at": "2026-03-02T09:30:00Z"
         *       },
         *       "passages": {
         *         "ledger": 61,
         *         "active": 61,
         *         "inactive": 0,
         *         "staged": 0,
         *         "readable": 61
         *       },
         *       "place": 1
         *     }
         */
        ExplanationView: {
            checks: components["schemas"]["ExplanationCheck"][];
            document: components["schemas"]["AdminDocumentView"] | null;
            library: components["schemas"]["ExplainedLibrary"] | null;
            passages: components["schemas"]["ExplainedPassages"] | null;
            place: number | null;
            verdict: components["schemas"]["VerdictView"];
        };
        /**
         * FailureView
         * @description What went wrong with an answer, as its reader was told.
         * @example {
         *       "code": "model_unavailable",
         *       "title": "The language model could not answer",
         *       "detail": "The model does not answer. Try again shortly.",
         *       "correlation_id": "0af7651916cd43dd8448eb211c80319c"
         *     }
         */
        FailureView: {
            code: string;
            correlation_id: string;
            detail: string;
            title: string;
        };
        /**
         * FeedbackReview
         * @description pending → reviewed → resolved, one step at a time.
         * @example {
         *       "status": "reviewed"
         *     }
         */
        FeedbackReview: {
            status: components["schemas"]["FeedbackStatus"];
        };
        /**
         * FeedbackStatus
         * @example pending
         * @enum {unknown}
         */
        FeedbackStatus: "pending" | "resolved" | "reviewed";
        /**
         * FeedbackView
         * @description `status`: pending, reviewed or resolved; a changed rating is pending again.
         * @example {
         *       "id": "512a2e13-4a75-5d70-bc5c-7b93b05ec01e",
         *       "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
         *       "rating": "negative",
         *       "comment": "The answer leaves out the rule for part-time work.",
         *       "status": "pending",
         *       "created_at": "2026-03-02T09:30:00Z",
         *       "updated_at": "2026-03-02T09:30:00Z"
         *     }
         */
        FeedbackView: {
            comment: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            message_id: string;
            rating: components["schemas"]["Rating"];
            status: string;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * FieldProblem
         * @description `pointer` is a JSON pointer (RFC 6901) into the body, or `/name` of a query parameter.
         * @example {
         *       "pointer": "/title",
         *       "detail": "Expected `str` of length >= 1"
         *     }
         */
        FieldProblem: {
            detail: string;
            pointer: string;
        };
        /**
         * FileFormat
         * @example csv
         * @enum {unknown}
         */
        FileFormat: "csv" | "jsonl";
        /**
         * FileList
         * @description All files of a session, oldest first: there are never more than a setting allows.
         * @example {
         *       "items": [
         *         {
         *           "file_id": "08f5ae19-7b45-5cd4-bab1-90b9c8d7210d",
         *           "file_name": "Policy_DE.pdf",
         *           "file_size": 482133,
         *           "file_type": "pdf",
         *           "status": "ready",
         *           "reason_code": null,
         *           "reason": null,
         *           "page_count": 24,
         *           "uploaded_at": "2026-03-02T09:30:00Z"
         *         }
         *       ]
         *     }
         */
        FileList: {
            items: components["schemas"]["FileView"][];
        };
        /**
         * FileStatus
         * @description `stored` is safe in Blob Storage and waits to be handed over, `processing` is with what reads it.
         * @example failed
         * @enum {unknown}
         */
        FileStatus: "failed" | "processing" | "ready" | "stored";
        /**
         * FileView
         * @description `reason` says to people why a file failed.
         * @example {
         *       "file_id": "08f5ae19-7b45-5cd4-bab1-90b9c8d7210d",
         *       "file_name": "Policy_DE.pdf",
         *       "file_size": 482133,
         *       "file_type": "pdf",
         *       "status": "ready",
         *       "reason_code": null,
         *       "reason": null,
         *       "page_count": 24,
         *       "uploaded_at": "2026-03-02T09:30:00Z"
         *     }
         */
        FileView: {
            /** Format: uuid */
            file_id: string;
            file_name: string;
            file_size: number;
            /** @enum {unknown} */
            file_type: "csv" | "docx" | "html" | "md" | "pdf" | "pptx" | "txt" | "xlsx";
            page_count: number | null;
            reason: string | null;
            reason_code: string | null;
            status: components["schemas"]["FileStatus"];
            /** Format: date-time */
            uploaded_at: string;
        };
        /**
         * FolderRule
         * @description Who may read what is at or below a folder. Both ids must be said: two nulls are for everyone.
         * @example {
         *       "path_prefix": "/Policies/Germany",
         *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
         *     }
         */
        FolderRule: {
            country_id: string | null;
            department_id: string | null;
            path_prefix: string;
        };
        /**
         * ForgetJobView
         * @description `erased` and `anonymised` count by kind what was done until now. `problem` is the code of what the job last met,
         *     such as `blob_unavailable`; it goes on by itself. `user_id` names nobody any more.
         * @example {
         *       "id": "b4aebc53-6f47-5fa2-bece-636c34febafe",
         *       "user_id": "3254d51f-5db3-53b6-b113-5dd3cbcdfbaa",
         *       "requested_by": "fa148698-5454-5a5f-b58f-77f13fd5cbe2",
         *       "status": "done",
         *       "erased": {
         *         "conversations": 12,
         *         "messages": 64,
         *         "feedback": 3,
         *         "notebook_sessions": 1,
         *         "files": 2,
         *         "eval_cases": 0
         *       },
         *       "anonymised": {
         *         "audit_entries": 4,
         *         "prompts": 0,
         *         "sync_runs": 0,
         *         "reviews": 0,
         *         "usage_people": 1
         *       },
         *       "problem": null,
         *       "created_at": "2026-03-02T09:30:00Z",
         *       "finished_at": "2026-03-02T09:30:00Z"
         *     }
         */
        ForgetJobView: {
            anonymised: {
                [key: string]: number;
            };
            /** Format: date-time */
            created_at: string;
            erased: {
                [key: string]: number;
            };
            finished_at: string | null;
            /** Format: uuid */
            id: string;
            problem: string | null;
            requested_by: string | null;
            /** @enum {unknown} */
            status: "done" | "running" | "waiting";
            /** Format: uuid */
            user_id: string;
        };
        /**
         * GiverView
         * @example {
         *       "id": "d53c646d-9b1a-5c6b-bc38-cd00f5e0ac20",
         *       "display_name": "Alice Meyer",
         *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
         *     }
         */
        GiverView: {
            country_id: string | null;
            department_id: string | null;
            display_name: string;
            /** Format: uuid */
            id: string;
        };
        /**
         * Grouping
         * @example day
         * @enum {unknown}
         */
        Grouping: "day" | "department" | "mode" | "model" | "user";
        /**
         * HitView
         * @description Where a search found its words; `message_id` null: in the title.
         * @example {
         *       "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
         *       "snippet": "… employees may take up to 36 months …"
         *     }
         */
        HitView: {
            message_id: string | null;
            snippet: string;
        };
        /**
         * IndexProgress
         * @description Documents: with passages, copied as they are now, and refused by the next model.
         * @example {
         *       "documents": 17,
         *       "copied": 17,
         *       "refused": 0
         *     }
         */
        IndexProgress: {
            copied: number;
            documents: number;
            refused: number;
        };
        /**
         * IndexStateView
         * @description `configured` is the model of the settings; `next` is built for it, until it serves.
         * @example {
         *       "serving": {
         *         "collection": "docs_text_embedding_3_small_1",
         *         "status": "serving",
         *         "model": {
         *           "provider": "openai",
         *           "model": "text-embedding-3-small",
         *           "dimensions": 1536
         *         },
         *         "since": "2026-03-02T09:30:00Z",
         *         "error_message": null
         *       },
         *       "configured": {
         *         "provider": "openai",
         *         "model": "text-embedding-3-small",
         *         "dimensions": 1536
         *       },
         *       "is_up_to_date": false,
         *       "next": {
         *         "collection": "docs_text_embedding_3_small_1",
         *         "status": "serving",
         *         "model": {
         *           "provider": "openai",
         *           "model": "text-embedding-3-small",
         *           "dimensions": 1536
         *         },
         *         "since": "2026-03-02T09:30:00Z",
         *         "error_message": null
         *       },
         *       "progress": {
         *         "documents": 17,
         *         "copied": 17,
         *         "refused": 0
         *       },
         *       "leaving": [
         *         {
         *           "collection": "docs_text_embedding_3_small_1",
         *           "status": "serving",
         *           "model": {
         *             "provider": "openai",
         *             "model": "text-embedding-3-small",
         *             "dimensions": 1536
         *           },
         *           "since": "2026-03-02T09:30:00Z",
         *           "error_message": null
         *         }
         *       ]
         *     }
         */
        IndexStateView: {
            configured: components["schemas"]["ModelView"];
            is_up_to_date: boolean;
            leaving: components["schemas"]["IndexView"][];
            next: components["schemas"]["IndexView"] | null;
            progress: components["schemas"]["IndexProgress"] | null;
            serving: components["schemas"]["IndexView"];
        };
        /**
         * IndexView
         * @description `since` is when it came to its status: building, serving, retired or dropping.
         * @example {
         *       "collection": "docs_text_embedding_3_small_1",
         *       "status": "serving",
         *       "model": {
         *         "provider": "openai",
         *         "model": "text-embedding-3-small",
         *         "dimensions": 1536
         *       },
         *       "since": "2026-03-02T09:30:00Z",
         *       "error_message": null
         *     }
         */
        IndexView: {
            collection: string;
            error_message: string | null;
            model: components["schemas"]["ModelView"];
            /** Format: date-time */
            since: string;
            status: string;
        };
        /**
         * LibraryChange
         * @description What is left out stays; `scope_rules` are replaced as a whole.
         * @example {
         *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
         *       "enabled": true,
         *       "scope_rules": [
         *         {
         *           "path_prefix": "/Policies/Germany",
         *           "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *           "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
         *         }
         *       ]
         *     }
         */
        LibraryChange: {
            country_id?: string | null;
            department_id?: string | null;
            enabled?: boolean;
            scope_rules?: components["schemas"]["FolderRule"][];
        };
        /**
         * LibraryView
         * @description `status` is idle, syncing, error or removing; `enabled` false is paused. `relabelling`: a changed scope or rule
         *     has not reached every document yet. `notice` says what is worth knowing although nothing went wrong.
         * @example {
         *       "id": "5091a3f4-8387-5283-bfbf-c4303122ac42",
         *       "name": "Shared Documents",
         *       "library_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents",
         *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
         *       "scope_rules": [
         *         {
         *           "path_prefix": "/Policies/Germany",
         *           "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *           "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
         *         }
         *       ],
         *       "enabled": true,
         *       "status": "idle",
         *       "relabelling": false,
         *       "error_message": null,
         *       "notice": null,
         *       "last_sync_at": "2026-03-02T09:30:00Z",
         *       "created_at": "2026-03-02T09:30:00Z"
         *     }
         */
        LibraryView: {
            country_id: string | null;
            /** Format: date-time */
            created_at: string;
            department_id: string | null;
            enabled: boolean;
            error_message: string | null;
            /** Format: uuid */
            id: string;
            last_sync_at: string | null;
            library_url: string;
            name: string;
            notice: string | null;
            relabelling: boolean;
            scope_rules: components["schemas"]["FolderRule"][];
            status: string;
        };
        /**
         * LimitsView
         * @description As this environment is set. A session that is not pinned lives `life_hours`.
         * @example {
         *       "file_bytes": 52428800,
         *       "files_per_session": 20,
         *       "sessions_per_user": 50,
         *       "bytes_per_user": 2147483648,
         *       "life_hours": 24
         *     }
         */
        LimitsView: {
            bytes_per_user: number;
            file_bytes: number;
            files_per_session: number;
            life_hours: number;
            sessions_per_user: number;
        };
        /**
         * ListedConversation
         * @description `hit` is there when something was searched for.
         * @example {
         *       "id": "c579ed69-8e9e-5c42-8d32-20cf2d366aa3",
         *       "mode": "rag",
         *       "title": "Parental leave in Germany",
         *       "created_at": "2026-03-02T09:30:00Z",
         *       "updated_at": "2026-03-02T09:30:00Z",
         *       "hit": {
         *         "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
         *         "snippet": "… employees may take up to 36 months …"
         *       }
         *     }
         */
        ListedConversation: {
            /** Format: date-time */
            created_at: string;
            hit: components["schemas"]["HitView"] | null;
            /** Format: uuid */
            id: string;
            mode: components["schemas"]["Mode"];
            title: string | null;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * Live
         * @example {
         *       "status": "ok"
         *     }
         */
        Live: {
            /** @enum {unknown} */
            status: "ok";
        };
        /**
         * Login
         * @example {
         *       "code": "0.AXkA-code-from-Entra",
         *       "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
         *       "redirect_uri": "https://app.corp.example/auth/callback",
         *       "nonce": "n-0S6_WzA2Mj",
         *       "token_transport": "body"
         *     }
         */
        Login: {
            code: string;
            code_verifier: string;
            nonce: string;
            redirect_uri: string;
            /**
             * @default cookie
             * @enum {unknown}
             */
            token_transport?: "body" | "cookie";
        };
        /**
         * MessageView
         * @description `cost` is in the currency of the provider's prices, for all calls that the answer took; the side tokens are those
         *     of the calls beside the answer's own. `replaced_by` names the answer that was given anew in this one's place, both
         *     to the question `reply_to`. `feedback` is the caller's.
         * @example {
         *       "id": "de84e4bc-1ab4-548e-ad94-36cd60ecb3d4",
         *       "role": "assistant",
         *       "content": "Up to 36 months per child [1].",
         *       "status": "complete",
         *       "finish_reason": "stop",
         *       "sources": [
         *         {
         *           "n": 1,
         *           "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *           "passage_id": "1cd59ae6-d458-51f3-9778-f5fdc6c0216d",
         *           "file_name": "Policy_DE.pdf",
         *           "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *           "page": 7,
         *           "section": "3.2 Parental leave",
         *           "snippet": "Parental leave is taken on request. Employees may take up to 36 months for each child.",
         *           "score": 0.83,
         *           "quotes": [
         *             "Employees may take up to 36 months for each child."
         *           ]
         *         }
         *       ],
         *       "supported": true,
         *       "unsupported": [],
         *       "input_tokens": 1840,
         *       "output_tokens": 212,
         *       "usage_estimated": false,
         *       "side_input_tokens": 96,
         *       "side_output_tokens": 14,
         *       "cost": 0.0054,
         *       "provider": "OpenAI",
         *       "model": "gpt-4.1",
         *       "first_token_ms": 640,
         *       "latency_ms": 3120,
         *       "error": {
         *         "code": "model_unavailable",
         *         "title": "The language model could not answer",
         *         "detail": "The model does not answer. Try again shortly.",
         *         "correlation_id": "0af7651916cd43dd8448eb211c80319c"
         *       },
         *       "run_id": "52268001-b9eb-5398-8f70-b37f9bfa6f73",
         *       "reply_to": "be783336-ff69-5812-b45b-6eaf81eca5a1",
         *       "replaced_by": null,
         *       "created_at": "2026-03-02T09:30:00Z",
         *       "feedback": {
         *         "id": "512a2e13-4a75-5d70-bc5c-7b93b05ec01e",
         *         "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
         *         "rating": "negative",
         *         "comment": "The answer leaves out the rule for part-time work.",
         *         "status": "pending",
         *         "created_at": "2026-03-02T09:30:00Z",
         *         "updated_at": "2026-03-02T09:30:00Z"
         *       }
         *     }
         */
        MessageView: {
            content: string;
            cost: number | null;
            /** Format: date-time */
            created_at: string;
            error: components["schemas"]["FailureView"] | null;
            feedback: components["schemas"]["FeedbackView"] | null;
            finish_reason: string | null;
            first_token_ms: number | null;
            /** Format: uuid */
            id: string;
            input_tokens: number;
            latency_ms: number | null;
            model: string | null;
            output_tokens: number;
            provider: string | null;
            replaced_by: string | null;
            reply_to: string | null;
            role: string;
            run_id: string | null;
            side_input_tokens: number;
            side_output_tokens: number;
            sources: components["schemas"]["Source"][];
            status: components["schemas"]["RunStatus"];
            supported: boolean | null;
            unsupported: string[];
            usage_estimated: boolean;
        };
        /**
         * MeView
         * @description `budget` is null where nothing limits the user.
         * @example {
         *       "id": "0aa54bf1-564e-5a77-8080-9c9c61a36628",
         *       "email": "alice@northwind.example",
         *       "display_name": "Alice Meyer",
         *       "role": "content_manager",
         *       "is_active": true,
         *       "department": {
         *         "id": "e50452c6-01b2-599c-aa17-a94108de6707",
         *         "name": "Human Resources"
         *       },
         *       "country": {
         *         "id": "a7998de0-b3e2-5b0d-a7d0-5deebf276169",
         *         "code": "DE",
         *         "name": "Human Resources"
         *       },
         *       "created_at": "2026-03-02T09:30:00Z",
         *       "last_login_at": "2026-03-02T09:30:00Z",
         *       "budget": {
         *         "subject": "department",
         *         "limit": 20,
         *         "used": 18450,
         *         "remaining": 181550,
         *         "resets_at": "2026-03-02T09:30:00Z"
         *       }
         *     }
         */
        MeView: {
            budget: components["schemas"]["CallerBudget"] | null;
            country: components["schemas"]["CountryView"] | null;
            /** Format: date-time */
            created_at: string;
            department: components["schemas"]["DepartmentView"] | null;
            display_name: string;
            email: string | null;
            /** Format: uuid */
            id: string;
            is_active: boolean;
            last_login_at: string | null;
            role: components["schemas"]["Role"];
        };
        /**
         * Mode
         * @example assistant
         * @enum {unknown}
         */
        Mode: "assistant" | "notebook" | "rag";
        /**
         * ModelView
         * @example {
         *       "provider": "openai",
         *       "model": "text-embedding-3-small",
         *       "dimensions": 1536
         *     }
         */
        ModelView: {
            dimensions: number;
            model: string;
            provider: string;
        };
        /**
         * NewConversation
         * @example {
         *       "mode": "rag",
         *       "title": "Parental leave in Germany"
         *     }
         */
        NewConversation: {
            mode: components["schemas"]["Mode"];
            /** @default null */
            title?: string | null;
        };
        /**
         * NewCountry
         * @description `code` is ISO 3166-1 alpha-2.
         * @example {
         *       "code": "DE",
         *       "name": "Human Resources"
         *     }
         */
        NewCountry: {
            code: string;
            name: string;
        };
        /**
         * NewDepartment
         * @example {
         *       "name": "Human Resources"
         *     }
         */
        NewDepartment: {
            name: string;
        };
        /**
         * NewEvalCase
         * @description `question` puts it in other words than the asker's, whose name or secrets need not last: a case with the asker's
         *     own words goes when they are forgotten.
         * @example {
         *       "verdict": "wrong",
         *       "expected": {
         *         "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *         "page": 7
         *       },
         *       "note": "The answer stands on page 7.",
         *       "question": "How long is parental leave in Germany?"
         *     }
         */
        NewEvalCase: {
            /** @default null */
            expected?: components["schemas"]["ExpectedDocument"] | null;
            /** @default null */
            note?: string | null;
            /** @default null */
            question?: string | null;
            verdict: components["schemas"]["Verdict"];
        };
        /**
         * NewFeedback
         * @example {
         *       "rating": "negative",
         *       "comment": "The answer leaves out the rule for part-time work."
         *     }
         */
        NewFeedback: {
            /** @default null */
            comment?: string | null;
            rating: components["schemas"]["Rating"];
        };
        /**
         * NewLibrary
         * @example {
         *       "library_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents",
         *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
         *       "enabled": true,
         *       "scope_rules": []
         *     }
         */
        NewLibrary: {
            /** @default null */
            country_id?: string | null;
            /** @default null */
            department_id?: string | null;
            /** @default true */
            enabled?: boolean;
            library_url: string;
            /** @default [] */
            scope_rules?: components["schemas"]["FolderRule"][];
        };
        /**
         * NewMessage
         * @description A question, or with `regenerate` the answer that is to be given anew: then `content`, if it is sent at all, is
         *     the question that was asked.
         * @example {
         *       "content": "How long is parental leave in Germany?"
         *     }
         */
        NewMessage: {
            /** @default null */
            content?: string | null;
            /** @default null */
            regenerate?: string | null;
        };
        /**
         * NewNotebookSession
         * @example {
         *       "title": "Parental leave in Germany"
         *     }
         */
        NewNotebookSession: {
            /** @default New notebook */
            title?: string;
        };
        /**
         * NewPrompt
         * @description `is_active` false only keeps it as a version.
         * @example {
         *       "mode": "rag",
         *       "prompt_text": "You answer from the numbered passages only. {citation_rule}",
         *       "is_active": true
         *     }
         */
        NewPrompt: {
            /** @default true */
            is_active?: boolean;
            mode: components["schemas"]["Mode"];
            /** @description May hold the mode's placeholders, such as {today}, and must hold the required ones; see `GET /admin/prompts/defaults`. {{word}} is the text {word}. */
            prompt_text: string;
        };
        /**
         * NewProvider
         * @description `api_key_env_var` left out is OPENAI_API_KEY or ANTHROPIC_API_KEY; azure without one signs in with the managed
         *     identity. `is_active` deactivates the one that was active in this mode.
         * @example {
         *       "mode": "rag",
         *       "provider": "azure",
         *       "model_name": "gpt-4.1",
         *       "endpoint": "https://contoso.openai.azure.com",
         *       "api_key_env_var": "AZURE_OPENAI_API_KEY",
         *       "is_active": true,
         *       "fallback_order": 1,
         *       "input_price_per_mtok": 2,
         *       "output_price_per_mtok": 8
         *     }
         */
        NewProvider: {
            api_key_env_var?: string | null;
            /** @default null */
            endpoint?: string | null;
            /** @default null */
            fallback_order?: number | null;
            /** @default null */
            input_price_per_mtok?: number | null;
            /** @default false */
            is_active?: boolean;
            mode: components["schemas"]["Mode"];
            /** @description The model; for azure the deployment. */
            model_name: string;
            /** @default null */
            output_price_per_mtok?: number | null;
            provider: components["schemas"]["ProviderKind"];
        };
        /**
         * NotebookMessage
         * @example {
         *       "content": "How long is parental leave in Germany?"
         *     }
         */
        NotebookMessage: {
            content: string;
        };
        /**
         * NotebookSessionChange
         * @description `is_pinned` true keeps the session for good; false gives it 24 hours again.
         * @example {
         *       "title": "Parental leave in Germany",
         *       "is_pinned": false
         *     }
         */
        NotebookSessionChange: {
            is_pinned?: boolean;
            title?: string;
        };
        /**
         * NotebookSessionView
         * @description `seconds_left` is None while pinned.
         * @example {
         *       "id": "5a5bf763-d154-5251-aee3-c7369ef563fc",
         *       "title": "Parental leave in Germany",
         *       "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031",
         *       "is_pinned": false,
         *       "expires_at": "2026-03-02T09:30:00Z",
         *       "seconds_left": 71200,
         *       "created_at": "2026-03-02T09:30:00Z",
         *       "file_count": 3
         *     }
         */
        NotebookSessionView: {
            conversation_id: string | null;
            /** Format: date-time */
            created_at: string;
            expires_at: string | null;
            file_count: number;
            /** Format: uuid */
            id: string;
            is_pinned: boolean;
            seconds_left: number | null;
            title: string;
        };
        /**
         * NotebookSessionWithFiles
         * @example {
         *       "session": {
         *         "id": "5a5bf763-d154-5251-aee3-c7369ef563fc",
         *         "title": "Parental leave in Germany",
         *         "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031",
         *         "is_pinned": false,
         *         "expires_at": "2026-03-02T09:30:00Z",
         *         "seconds_left": 71200,
         *         "created_at": "2026-03-02T09:30:00Z",
         *         "file_count": 3
         *       },
         *       "files": [
         *         {
         *           "file_id": "08f5ae19-7b45-5cd4-bab1-90b9c8d7210d",
         *           "file_name": "Policy_DE.pdf",
         *           "file_size": 482133,
         *           "file_type": "pdf",
         *           "status": "ready",
         *           "reason_code": null,
         *           "reason": null,
         *           "page_count": 24,
         *           "uploaded_at": "2026-03-02T09:30:00Z"
         *         }
         *       ]
         *     }
         */
        NotebookSessionWithFiles: {
            files: components["schemas"]["FileView"][];
            session: components["schemas"]["NotebookSessionView"];
        };
        /**
         * OwnBudgetView
         * @example {
         *       "subject": "department",
         *       "owner_id": "3602839a-a338-5da6-b5d3-cabd21f38ecd",
         *       "name": "Human Resources",
         *       "daily_tokens": 200000,
         *       "updated_at": "2026-03-02T09:30:00Z"
         *     }
         */
        OwnBudgetView: {
            daily_tokens: number | null;
            name: string;
            /** Format: uuid */
            owner_id: string;
            subject: components["schemas"]["BudgetSubject"];
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * Page[AdminDocumentView]
         * @description `next_cursor` is null on the last page.
         * @example {
         *       "items": [
         *         {
         *           "id": "aa2e42a3-63c2-5aa1-988d-1263bbda70ab",
         *           "library_id": "6ed8b1e4-5372-5aaf-9af6-06eb569c1688",
         *           "library_name": "Shared Documents",
         *           "file_name": "Policy_DE.pdf",
         *           "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *           "path": "/Policies/Policy_DE.pdf",
         *           "file_type": "pdf",
         *           "file_size": 482133,
         *           "status": "failed",
         *           "reason_code": null,
         *           "reason": null,
         *           "todo": null,
         *           "waits": null,
         *           "attempts": 0,
         *           "retry_at": null,
         *           "passages": 61,
         *           "page_count": 24,
         *           "language": "de",
         *           "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *           "department": "Human Resources",
         *           "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
         *           "country": "Germany",
         *           "is_active": true,
         *           "last_modified": "2026-03-02T09:30:00Z",
         *           "ingested_at": "2026-03-02T09:30:00Z",
         *           "created_at": "2026-03-02T09:30:00Z"
         *         }
         *       ],
         *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
         *     }
         */
        PageOfAdminDocumentView: {
            items: components["schemas"]["AdminDocumentView"][];
            next_cursor: string | null;
        };
        /**
         * Page[AuditEntry]
         * @description `next_cursor` is null on the last page.
         * @example {
         *       "items": [
         *         {
         *           "id": 48211,
         *           "at": "2026-03-02T09:30:00Z",
         *           "actor_id": "50655d80-0c64-5ca7-b9e4-ba3740b3f701",
         *           "action": "library.change",
         *           "target": "6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55",
         *           "outcome": "ok",
         *           "detail": {
         *             "enabled": false
         *           },
         *           "correlation_id": "0af7651916cd43dd8448eb211c80319c"
         *         }
         *       ],
         *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
         *     }
         */
        PageOfAuditEntry: {
            items: components["schemas"]["AuditEntry"][];
            next_cursor: string | null;
        };
        /**
         * Page[CountryRow]
         * @description `next_cursor` is null on the last page.
         * @example {
         *       "items": [
         *         {
         *           "id": "b0b6511a-2d2c-53a1-8a8d-293a8322b182",
         *           "code": "DE",
         *           "name": "Human Resources",
         *           "created_at": "2026-03-02T09:30:00Z"
         *         }
         *       ],
         *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
         *     }
         */
        PageOfCountryRow: {
            items: components["schemas"]["CountryRow"][];
            next_cursor: string | null;
        };
        /**
         * Page[DepartmentRow]
         * @description `next_cursor` is null on the last page.
         * @example {
         *       "items": [
         *         {
         *           "id": "8b3b2259-da74-56e2-b5e2-f571a732d157",
         *           "name": "Human Resources",
         *           "created_at": "2026-03-02T09:30:00Z"
         *         }
         *       ],
         *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
         *     }
         */
        PageOfDepartmentRow: {
            items: components["schemas"]["DepartmentRow"][];
            next_cursor: string | null;
        };
        /**
         * Page[EvalCaseView]
         * @description `next_cursor` is null on the last page.
         * @example {
         *       "items": [
         *         {
         *           "id": "27235ce6-5fd1-54ec-bf02-339f716e25dd",
         *           "feedback_id": "767c0ee8-3e9c-5b75-9e9f-90a2cc298a77",
         *           "question": "How long is parental leave in Germany?",
         *           "verdict": "wrong",
         *           "expected": {
         *             "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *             "file_name": "Policy_DE.pdf",
         *             "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *             "page": 7
         *           },
         *           "note": "The answer stands on page 7.",
         *           "created_by": "4946d0e4-66dd-5bf4-a5a6-dcd66f3e945a",
         *           "created_at": "2026-03-02T09:30:00Z",
         *           "updated_at": "2026-03-02T09:30:00Z"
         *         }
         *       ],
         *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
         *     }
         */
        PageOfEvalCaseView: {
            items: components["schemas"]["EvalCaseView"][];
            next_cursor: string | null;
        };
        /**
         * Page[LibraryView]
         * @description `next_cursor` is null on the last page.
         * @example {
         *       "items": [
         *         {
         *           "id": "5091a3f4-8387-5283-bfbf-c4303122ac42",
         *           "name": "Shared Documents",
         *           "library_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents",
         *           "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *           "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
         *           "scope_rules": [
         *             {
         *               "path_prefix": "/Policies/Germany",
         *               "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *               "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
         *             }
         *           ],
         *           "enabled": true,
         *           "status": "idle",
         *           "relabelling": false,
         *           "error_message": null,
         *           "notice": null,
         *           "last_sync_at": "2026-03-02T09:30:00Z",
         *           "created_at": "2026-03-02T09:30:00Z"
         *         }
         *       ],
         *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
         *     }
         */
        PageOfLibraryView: {
            items: components["schemas"]["LibraryView"][];
            next_cursor: string | null;
        };
        /**
         * Page[ListedConversation]
         * @description `next_cursor` is null on the last page.
         * @example {
         *       "items": [
         *         {
         *           "id": "c579ed69-8e9e-5c42-8d32-20cf2d366aa3",
         *           "mode": "rag",
         *           "title": "Parental leave in Germany",
         *           "created_at": "2026-03-02T09:30:00Z",
         *           "updated_at": "2026-03-02T09:30:00Z",
         *           "hit": {
         *             "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
         *             "snippet": "… employees may take up to 36 months …"
         *           }
         *         }
         *       ],
         *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
         *     }
         */
        PageOfListedConversation: {
            items: components["schemas"]["ListedConversation"][];
            next_cursor: string | null;
        };
        /**
         * Page[NotebookSessionView]
         * @description `next_cursor` is null on the last page.
         * @example {
         *       "items": [
         *         {
         *           "id": "5a5bf763-d154-5251-aee3-c7369ef563fc",
         *           "title": "Parental leave in Germany",
         *           "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031",
         *           "is_pinned": false,
         *           "expires_at": "2026-03-02T09:30:00Z",
         *           "seconds_left": 71200,
         *           "created_at": "2026-03-02T09:30:00Z",
         *           "file_count": 3
         *         }
         *       ],
         *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
         *     }
         */
        PageOfNotebookSessionView: {
            items: components["schemas"]["NotebookSessionView"][];
            next_cursor: string | null;
        };
        /**
         * Page[PromptView]
         * @description `next_cursor` is null on the last page.
         * @example {
         *       "items": [
         *         {
         *           "id": "008ad44a-8afc-5840-b864-6772d165f15f",
         *           "mode": "rag",
         *           "prompt_text": "You answer from the numbered passages only. {citation_rule}",
         *           "is_active": true,
         *           "author": {
         *             "id": "b45a11b7-42c4-588d-a140-e9d45b8330ee",
         *             "display_name": "Alice Meyer"
         *           },
         *           "created_at": "2026-03-02T09:30:00Z"
         *         }
         *       ],
         *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
         *     }
         */
        PageOfPromptView: {
            items: components["schemas"]["PromptView"][];
            next_cursor: string | null;
        };
        /**
         * Page[ProviderView]
         * @description `next_cursor` is null on the last page.
         * @example {
         *       "items": [
         *         {
         *           "id": "faf962f6-f446-56b3-910b-c7f449b2b3d8",
         *           "mode": "rag",
         *           "provider": "azure",
         *           "model_name": "gpt-4.1",
         *           "endpoint": "https://contoso.openai.azure.com",
         *           "api_key_env_var": "AZURE_OPENAI_API_KEY",
         *           "is_key_set": true,
         *           "is_active": true,
         *           "fallback_order": 1,
         *           "input_price_per_mtok": 2,
         *           "output_price_per_mtok": 8,
         *           "updated_at": "2026-03-02T09:30:00Z"
         *         }
         *       ],
         *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
         *     }
         */
        PageOfProviderView: {
            items: components["schemas"]["ProviderView"][];
            next_cursor: string | null;
        };
        /**
         * Page[QueuedFeedbackView]
         * @description `next_cursor` is null on the last page.
         * @example {
         *       "items": [
         *         {
         *           "id": "fc02de7f-1145-5054-9aff-8bbc3df3ce18",
         *           "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
         *           "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031",
         *           "mode": "rag",
         *           "is_private": false,
         *           "rating": "negative",
         *           "comment": "The answer leaves out the rule for part-time work.",
         *           "status": "pending",
         *           "question": "How long is parental leave in Germany?",
         *           "provider": "OpenAI",
         *           "model": "gpt-4.1",
         *           "supported": true,
         *           "given_by": {
         *             "id": "d53c646d-9b1a-5c6b-bc38-cd00f5e0ac20",
         *             "display_name": "Alice Meyer",
         *             "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *             "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
         *           },
         *           "reviewed_by": {
         *             "id": "b30b7838-3029-5486-9fcb-867523cea067",
         *             "display_name": "Alice Meyer"
         *           },
         *           "reviewed_at": "2026-03-02T09:30:00Z",
         *           "created_at": "2026-03-02T09:30:00Z",
         *           "updated_at": "2026-03-02T09:30:00Z",
         *           "eval_case_id": "15c8a8f9-de39-5abb-b510-6b6ff4561b1b"
         *         }
         *       ],
         *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
         *     }
         */
        PageOfQueuedFeedbackView: {
            items: components["schemas"]["QueuedFeedbackView"][];
            next_cursor: string | null;
        };
        /**
         * Page[SyncRunView]
         * @description `next_cursor` is null on the last page.
         * @example {
         *       "items": [
         *         {
         *           "id": "f5990b93-50bf-5ee1-880d-b55eec70fa53",
         *           "library_id": "6ed8b1e4-5372-5aaf-9af6-06eb569c1688",
         *           "status": "complete",
         *           "trigger": "timer",
         *           "is_full": false,
         *           "seen": 1204,
         *           "added": 12,
         *           "changed": 7,
         *           "moved": 1,
         *           "deleted": 3,
         *           "unchanged": 1181,
         *           "skipped": 17,
         *           "failed": 2,
         *           "reasons": {
         *             "encrypted": 2
         *           },
         *           "pages": 7,
         *           "passages": 61,
         *           "embed_tokens": 48210,
         *           "duration_s": 74.2,
         *           "graph_s": 3.1,
         *           "download_s": 22.8,
         *           "extract_s": 31.5,
         *           "embed_s": 9.4,
         *           "store_s": 4.9,
         *           "throttled_s": 0,
         *           "error_message": null,
         *           "notice": null,
         *           "created_at": "2026-03-02T09:30:00Z",
         *           "started_at": "2026-03-02T09:30:00Z",
         *           "finished_at": "2026-03-02T09:30:00Z"
         *         }
         *       ],
         *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
         *     }
         */
        PageOfSyncRunView: {
            items: components["schemas"]["SyncRunView"][];
            next_cursor: string | null;
        };
        /**
         * Page[UserView]
         * @description `next_cursor` is null on the last page.
         * @example {
         *       "items": [
         *         {
         *           "id": "5d5460b7-f27f-5f95-be7d-dd2a85066495",
         *           "email": "alice@northwind.example",
         *           "display_name": "Alice Meyer",
         *           "role": "content_manager",
         *           "is_active": true,
         *           "department": {
         *             "id": "e50452c6-01b2-599c-aa17-a94108de6707",
         *             "name": "Human Resources"
         *           },
         *           "country": {
         *             "id": "a7998de0-b3e2-5b0d-a7d0-5deebf276169",
         *             "code": "DE",
         *             "name": "Human Resources"
         *           },
         *           "created_at": "2026-03-02T09:30:00Z",
         *           "last_login_at": "2026-03-02T09:30:00Z"
         *         }
         *       ],
         *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
         *     }
         */
        PageOfUserView: {
            items: components["schemas"]["UserView"][];
            next_cursor: string | null;
        };
        /**
         * PassageView
         * @example {
         *       "passage_id": "1cd59ae6-d458-51f3-9778-f5fdc6c0216d",
         *       "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *       "file_name": "Policy_DE.pdf",
         *       "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *       "page": 7,
         *       "section": "3.2 Parental leave",
         *       "text": "Employees may take up to 36 months of parental leave per child.",
         *       "score": 0.83
         *     }
         */
        PassageView: {
            /** Format: uuid */
            document_id: string;
            file_name: string;
            file_url: string;
            page: number | null;
            /** Format: uuid */
            passage_id: string;
            score: number;
            section: string | null;
            text: string;
        };
        /**
         * Percentiles
         * @description Milliseconds, each within 5 % of the exact one; null where nothing was timed.
         * @example {
         *       "p50": 640,
         *       "p95": 2900
         *     }
         */
        Percentiles: {
            p50: number | null;
            p95: number | null;
        };
        /**
         * PersonView
         * @example {
         *       "id": "b30b7838-3029-5486-9fcb-867523cea067",
         *       "display_name": "Alice Meyer"
         *     }
         */
        PersonView: {
            display_name: string;
            /** Format: uuid */
            id: string;
        };
        /**
         * PlaceholderView
         * @description `name` is written in braces; a prompt without a `required` one is refused.
         * @example {
         *       "name": "citation_rule",
         *       "meaning": "How passages are cited. Without it answers have no sources.",
         *       "required": true
         *     }
         */
        PlaceholderView: {
            meaning: string;
            name: string;
            required: boolean;
        };
        /**
         * PreflightCheck
         * @example {
         *       "check": "permission",
         *       "ok": true,
         *       "detail": "Nexus may read this site."
         *     }
         */
        PreflightCheck: {
            /** @enum {unknown} */
            check: "address" | "changes" | "least_privilege" | "library" | "permission" | "site" | "token";
            detail: string;
            ok: boolean;
        };
        /**
         * PreflightRequest
         * @example {
         *       "library_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents"
         *     }
         */
        PreflightRequest: {
            library_url: string;
        };
        /**
         * PreflightView
         * @description `ready`: Nexus can read the library. `least_privilege` alone may fail then: it is a warning.
         * @example {
         *       "ready": true,
         *       "checks": [
         *         {
         *           "check": "permission",
         *           "ok": true,
         *           "detail": "Nexus may read this site."
         *         }
         *       ]
         *     }
         */
        PreflightView: {
            checks: components["schemas"]["PreflightCheck"][];
            ready: boolean;
        };
        /**
         * Problem
         * @description RFC 9457. `code` is for programs, `detail` for people; `errors` say which fields are wrong.
         * @example {
         *       "type": "about:blank",
         *       "title": "Not found",
         *       "status": 404,
         *       "detail": "There is no such conversation, or it is not yours.",
         *       "code": "conversation_not_found",
         *       "correlation_id": "0af7651916cd43dd8448eb211c80319c",
         *       "errors": [
         *         {
         *           "pointer": "/title",
         *           "detail": "Expected `str` of length >= 1"
         *         }
         *       ]
         *     }
         */
        Problem: {
            code: string;
            correlation_id: string;
            detail: string;
            errors?: components["schemas"]["FieldProblem"][];
            status: number;
            title: string;
            type: string;
        };
        /**
         * PromptDefault
         * @description The product's own prompt, which serves as long as `active_id` is null, and what prompts of the mode may hold.
         * @example {
         *       "mode": "rag",
         *       "prompt_text": "You answer from the numbered passages only. {citation_rule}",
         *       "active_id": "4fe4af2b-8ad9-53f4-9b8e-3c5c974c8086",
         *       "placeholders": [
         *         {
         *           "name": "citation_rule",
         *           "meaning": "How passages are cited. Without it answers have no sources.",
         *           "required": true
         *         }
         *       ]
         *     }
         */
        PromptDefault: {
            active_id: string | null;
            mode: components["schemas"]["Mode"];
            placeholders: components["schemas"]["PlaceholderView"][];
            prompt_text: string;
        };
        /**
         * PromptDefaults
         * @example {
         *       "items": [
         *         {
         *           "mode": "rag",
         *           "prompt_text": "You answer from the numbered passages only. {citation_rule}",
         *           "active_id": "4fe4af2b-8ad9-53f4-9b8e-3c5c974c8086",
         *           "placeholders": [
         *             {
         *               "name": "citation_rule",
         *               "meaning": "How passages are cited. Without it answers have no sources.",
         *               "required": true
         *             }
         *           ]
         *         }
         *       ]
         *     }
         */
        PromptDefaults: {
            items: components["schemas"]["PromptDefault"][];
        };
        /**
         * PromptDiff
         * @description How `prompt_id` differs from `against`, null for the product's own prompt. Without the added lines `lines` is the
         *     older text, without the removed ones the newer; removed lines come before those that replace them.
         * @example {
         *       "prompt_id": "b1b5a7f7-0106-5f93-a287-9a3009d0ca5d",
         *       "against": "fdc74620-3cb7-501a-a52e-e68aa4744067",
         *       "added": 1,
         *       "removed": 0,
         *       "lines": [
         *         {
         *           "change": "added",
         *           "old_number": null,
         *           "new_number": 2,
         *           "text": "Answer in the language of the question."
         *         }
         *       ]
         *     }
         */
        PromptDiff: {
            added: number;
            against: string | null;
            lines: components["schemas"]["DiffLineView"][];
            /** Format: uuid */
            prompt_id: string;
            removed: number;
        };
        /**
         * PromptView
         * @description One version. `author` is null once Nexus has forgotten the person.
         * @example {
         *       "id": "008ad44a-8afc-5840-b864-6772d165f15f",
         *       "mode": "rag",
         *       "prompt_text": "You answer from the numbered passages only. {citation_rule}",
         *       "is_active": true,
         *       "author": {
         *         "id": "b45a11b7-42c4-588d-a140-e9d45b8330ee",
         *         "display_name": "Alice Meyer"
         *       },
         *       "created_at": "2026-03-02T09:30:00Z"
         *     }
         */
        PromptView: {
            author: components["schemas"]["AuthorView"] | null;
            /** Format: date-time */
            created_at: string;
            /** Format: uuid */
            id: string;
            is_active: boolean;
            mode: components["schemas"]["Mode"];
            prompt_text: string;
        };
        /**
         * ProviderChange
         * @description A field left out stays as it is. `is_active` true deactivates the one that was active; false leaves the mode to
         *     the provider of the settings until another is activated.
         * @example {
         *       "provider": "anthropic",
         *       "model_name": "gpt-4.1",
         *       "endpoint": "https://contoso.openai.azure.com",
         *       "api_key_env_var": "AZURE_OPENAI_API_KEY",
         *       "is_active": true,
         *       "fallback_order": 1,
         *       "input_price_per_mtok": 2,
         *       "output_price_per_mtok": 8
         *     }
         */
        ProviderChange: {
            api_key_env_var?: string | null;
            endpoint?: string | null;
            fallback_order?: number | null;
            input_price_per_mtok?: number | null;
            is_active?: boolean;
            /** @description The model; for azure the deployment. */
            model_name?: string;
            output_price_per_mtok?: number | null;
            provider?: components["schemas"]["ProviderKind"];
        };
        /**
         * ProviderKind
         * @example anthropic
         * @enum {unknown}
         */
        ProviderKind: "anthropic" | "azure" | "openai";
        /**
         * ProviderView
         * @description `is_key_set`: the variable has a value where this was answered; the value is never told. False where none is
         *     named. `fallback_order` null is asked only while active.
         * @example {
         *       "id": "faf962f6-f446-56b3-910b-c7f449b2b3d8",
         *       "mode": "rag",
         *       "provider": "azure",
         *       "model_name": "gpt-4.1",
         *       "endpoint": "https://contoso.openai.azure.com",
         *       "api_key_env_var": "AZURE_OPENAI_API_KEY",
         *       "is_key_set": true,
         *       "is_active": true,
         *       "fallback_order": 1,
         *       "input_price_per_mtok": 2,
         *       "output_price_per_mtok": 8,
         *       "updated_at": "2026-03-02T09:30:00Z"
         *     }
         */
        ProviderView: {
            api_key_env_var: string | null;
            endpoint: string | null;
            fallback_order: number | null;
            /** Format: uuid */
            id: string;
            input_price_per_mtok: number | null;
            is_active: boolean;
            is_key_set: boolean;
            mode: components["schemas"]["Mode"];
            model_name: string;
            output_price_per_mtok: number | null;
            provider: components["schemas"]["ProviderKind"];
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * QualityDay
         * @example {
         *       "day": "2026-03-02",
         *       "quality": {
         *         "answers": 4096,
         *         "complete": 4011,
         *         "failed": 2,
         *         "cancelled": 52,
         *         "interrupted": 9,
         *         "checked": 3980,
         *         "unsupported": 71,
         *         "unsupported_share": 0.018,
         *         "positive": 388,
         *         "negative": 41,
         *         "positive_share": 0.904
         *       }
         *     }
         */
        QualityDay: {
            /** Format: date */
            day: string;
            quality: components["schemas"]["QualityView"];
        };
        /**
         * QualityReport
         * @description Ratings count for the day of the answer. Questions without an answer come with those asked most often first.
         * @example {
         *       "from": "2026-03-02",
         *       "to": "2026-03-02",
         *       "total": {
         *         "answers": 4096,
         *         "complete": 4011,
         *         "failed": 2,
         *         "cancelled": 52,
         *         "interrupted": 9,
         *         "checked": 3980,
         *         "unsupported": 71,
         *         "unsupported_share": 0.018,
         *         "positive": 388,
         *         "negative": 41,
         *         "positive_share": 0.904
         *       },
         *       "days": [
         *         {
         *           "day": "2026-03-02",
         *           "quality": {
         *             "answers": 4096,
         *             "complete": 4011,
         *             "failed": 2,
         *             "cancelled": 52,
         *             "interrupted": 9,
         *             "checked": 3980,
         *             "unsupported": 71,
         *             "unsupported_share": 0.018,
         *             "positive": 388,
         *             "negative": 41,
         *             "positive_share": 0.904
         *           }
         *         }
         *       ],
         *       "unanswered_questions": [
         *         {
         *           "key": "a00a1c1d-5be4-528c-811e-35a118f45b73",
         *           "asked": 14,
         *           "people": 9,
         *           "last_asked": "2026-03-02",
         *           "examples": [
         *             "How do I lease a bicycle?"
         *           ]
         *         }
         *       ]
         *     }
         */
        QualityReport: {
            days: components["schemas"]["QualityDay"][];
            /** Format: date */
            from: string;
            /** Format: date */
            to: string;
            total: components["schemas"]["QualityView"];
            unanswered_questions: components["schemas"]["UnansweredQuestion"][];
        };
        /**
         * QualityView
         * @description How answers ended, and what is known of how good they were. `checked` are complete answers that documents could
         *     bear out; `unsupported` those of them that no document does. Shares are null where there is nothing to share.
         * @example {
         *       "answers": 4096,
         *       "complete": 4011,
         *       "failed": 2,
         *       "cancelled": 52,
         *       "interrupted": 9,
         *       "checked": 3980,
         *       "unsupported": 71,
         *       "unsupported_share": 0.018,
         *       "positive": 388,
         *       "negative": 41,
         *       "positive_share": 0.904
         *     }
         */
        QualityView: {
            answers: number;
            cancelled: number;
            checked: number;
            complete: number;
            failed: number;
            interrupted: number;
            negative: number;
            positive: number;
            positive_share: number | null;
            unsupported: number;
            unsupported_share: number | null;
        };
        /**
         * QueuedFeedbackView
         * @description `question` is its beginning. A notebook session is private to its owner: of an exchange in one (`is_private`)
         *     nothing that was said is shown.
         * @example {
         *       "id": "fc02de7f-1145-5054-9aff-8bbc3df3ce18",
         *       "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
         *       "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031",
         *       "mode": "rag",
         *       "is_private": false,
         *       "rating": "negative",
         *       "comment": "The answer leaves out the rule for part-time work.",
         *       "status": "pending",
         *       "question": "How long is parental leave in Germany?",
         *       "provider": "OpenAI",
         *       "model": "gpt-4.1",
         *       "supported": true,
         *       "given_by": {
         *         "id": "d53c646d-9b1a-5c6b-bc38-cd00f5e0ac20",
         *         "display_name": "Alice Meyer",
         *         "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *         "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
         *       },
         *       "reviewed_by": {
         *         "id": "b30b7838-3029-5486-9fcb-867523cea067",
         *         "display_name": "Alice Meyer"
         *       },
         *       "reviewed_at": "2026-03-02T09:30:00Z",
         *       "created_at": "2026-03-02T09:30:00Z",
         *       "updated_at": "2026-03-02T09:30:00Z",
         *       "eval_case_id": "15c8a8f9-de39-5abb-b510-6b6ff4561b1b"
         *     }
         */
        QueuedFeedbackView: {
            comment: string | null;
            /** Format: uuid */
            conversation_id: string;
            /** Format: date-time */
            created_at: string;
            eval_case_id: string | null;
            given_by: components["schemas"]["GiverView"];
            /** Format: uuid */
            id: string;
            is_private: boolean;
            /** Format: uuid */
            message_id: string;
            mode: components["schemas"]["Mode"];
            model: string | null;
            provider: string | null;
            question: string | null;
            rating: components["schemas"]["Rating"];
            reviewed_at: string | null;
            reviewed_by: components["schemas"]["PersonView"] | null;
            status: components["schemas"]["FeedbackStatus"];
            supported: boolean | null;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * Rating
         * @example negative
         * @enum {unknown}
         */
        Rating: "negative" | "positive";
        /**
         * Ready
         * @description `checks` maps postgres, redis, qdrant and blob to "ok" or "down".
         * @example {
         *       "status": "ok",
         *       "checks": {
         *         "postgres": "ok",
         *         "redis": "ok",
         *         "qdrant": "ok",
         *         "blob": "ok"
         *       }
         *     }
         */
        Ready: {
            checks: {
                [key: string]: string;
            };
            /** @enum {unknown} */
            status: "ok" | "unavailable";
        };
        /**
         * ReasonCount
         * @example {
         *       "status": "skipped",
         *       "reason_code": "encrypted",
         *       "documents": 17
         *     }
         */
        ReasonCount: {
            documents: number;
            reason_code: string | null;
            /** @enum {unknown} */
            status: "failed" | "inactive" | "indexed" | "pending" | "skipped";
        };
        /**
         * Refresh
         * @description Nothing where the cookie brings the token.
         * @example {}
         */
        Refresh: {
            /** @default null */
            refresh_token?: string | null;
        };
        /**
         * ReingestView
         * @description `sync_run_id` is the run that reads it; null where none could be started, and `detail` says what happens then.
         * @example {
         *       "document": {
         *         "id": "aa2e42a3-63c2-5aa1-988d-1263bbda70ab",
         *         "library_id": "6ed8b1e4-5372-5aaf-9af6-06eb569c1688",
         *         "library_name": "Shared Documents",
         *         "file_name": "Policy_DE.pdf",
         *         "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *         "path": "/Policies/Policy_DE.pdf",
         *         "file_type": "pdf",
         *         "file_size": 482133,
         *         "status": "failed",
         *         "reason_code": null,
         *         "reason": null,
         *         "todo": null,
         *         "waits": null,
         *         "attempts": 0,
         *         "retry_at": null,
         *         "passages": 61,
         *         "page_count": 24,
         *         "language": "de",
         *         "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *         "department": "Human Resources",
         *         "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
         *         "country": "Germany",
         *         "is_active": true,
         *         "last_modified": "2026-03-02T09:30:00Z",
         *         "ingested_at": "2026-03-02T09:30:00Z",
         *         "created_at": "2026-03-02T09:30:00Z"
         *       },
         *       "sync_run_id": "c34c3476-0f40-5f20-b44d-33fac47a508d",
         *       "detail": "The document is being read again. Until that is done its old passages answer."
         *     }
         */
        ReingestView: {
            detail: string;
            document: components["schemas"]["AdminDocumentView"];
            sync_run_id: string | null;
        };
        /**
         * Renamed
         * @example {
         *       "title": "Parental leave in Germany"
         *     }
         */
        Renamed: {
            title: string;
        };
        /**
         * RetentionSettings
         * @description All three are said, null for what is kept for ever. Feedback goes with its answer at the latest; the audit log is
         *     kept for 30 days at least.
         * @example {
         *       "messages_days": 365,
         *       "feedback_days": null,
         *       "audit_days": 730
         *     }
         */
        RetentionSettings: {
            audit_days: number | null;
            feedback_days: number | null;
            messages_days: number | null;
        };
        /**
         * RetentionView
         * @description `updated_at` is null while nobody has set anything.
         * @example {
         *       "messages_days": 365,
         *       "feedback_days": null,
         *       "audit_days": 730,
         *       "updated_by": "bc3bccba-fe29-519f-91cc-6fa321af1cce",
         *       "updated_at": "2026-03-02T09:30:00Z"
         *     }
         */
        RetentionView: {
            audit_days: number | null;
            feedback_days: number | null;
            messages_days: number | null;
            updated_at: string | null;
            updated_by: string | null;
        };
        /**
         * RetrievedSourceView
         * @description A source as it was retrieved. `snippet` is there if the caller may read the document now (`is_readable`):
         *     looking after answers is not reading what they were made of.
         * @example {
         *       "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *       "title": "Parental leave in Germany",
         *       "url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *       "page": 7,
         *       "section": "3.2 Parental leave",
         *       "score": 0.83,
         *       "cited_as": 1,
         *       "is_readable": false,
         *       "snippet": "Parental leave is taken on request. Employees may take up to 36 months for each child."
         *     }
         */
        RetrievedSourceView: {
            cited_as: number | null;
            /** Format: uuid */
            document_id: string;
            is_readable: boolean;
            page: number | null;
            score: number | null;
            section: string | null;
            snippet: string | null;
            title: string;
            url: string;
        };
        /**
         * Role
         * @example content_manager
         * @enum {unknown}
         */
        Role: "content_manager" | "super_admin" | "user";
        /**
         * RunAccepted
         * @description The run starts when its stream is first opened.
         * @example {
         *       "run_id": "52268001-b9eb-5398-8f70-b37f9bfa6f73",
         *       "user_message_id": "709f9877-a106-5ba3-bfb0-3dced3ae0538",
         *       "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06"
         *     }
         */
        RunAccepted: {
            /** Format: uuid */
            message_id: string;
            /** Format: uuid */
            run_id: string;
            /** Format: uuid */
            user_message_id: string;
        };
        /**
         * RunDone
         * @description The last event of every run. `unsupported` lists cited sentences that their passages do not bear out.
         * @example {
         *       "done": true,
         *       "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
         *       "status": "complete",
         *       "finish_reason": "stop",
         *       "usage": {
         *         "input_tokens": 1840,
         *         "output_tokens": 212,
         *         "estimated": false,
         *         "side_input_tokens": 96,
         *         "side_output_tokens": 14,
         *         "cost": 0.0054
         *       },
         *       "provider": "OpenAI",
         *       "model": "gpt-4.1",
         *       "sources": [
         *         {
         *           "n": 1,
         *           "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *           "passage_id": "1cd59ae6-d458-51f3-9778-f5fdc6c0216d",
         *           "file_name": "Policy_DE.pdf",
         *           "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *           "page": 7,
         *           "section": "3.2 Parental leave",
         *           "snippet": "Parental leave is taken on request. Employees may take up to 36 months for each child.",
         *           "score": 0.83,
         *           "quotes": [
         *             "Employees may take up to 36 months for each child."
         *           ]
         *         }
         *       ],
         *       "supported": true,
         *       "unsupported": []
         *     }
         */
        RunDone: {
            /** @constant */
            done: true;
            finish_reason: string | null;
            /** Format: uuid */
            message_id: string;
            model: string | null;
            provider: string | null;
            sources: components["schemas"]["Source"][];
            status: components["schemas"]["RunStatus"];
            supported: boolean | null;
            unsupported: string[];
            usage: components["schemas"]["Usage"];
        };
        /**
         * RunEvent
         * @description One event of a run, as parsed. `id` is `<run_id>:<seq>`, `seq` from 1. First comes `meta`, then
         *     `sources` (candidates, of rag only), then pieces of text. `title` names a new conversation. `error` is always followed
         *     by the last event, which has `done`. Text and `done` have no name, so that a bare `EventSource.onmessage` sees them.
         * @example {
         *       "id": "3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:1",
         *       "event": "meta",
         *       "data": {
         *         "run_id": "52268001-b9eb-5398-8f70-b37f9bfa6f73",
         *         "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031",
         *         "user_message_id": "709f9877-a106-5ba3-bfb0-3dced3ae0538",
         *         "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
         *         "mode": "rag",
         *         "correlation_id": "0af7651916cd43dd8448eb211c80319c"
         *       }
         *     }
         */
        RunEvent: {
            data: components["schemas"]["RunMeta"];
            /** @constant */
            event: "meta";
            id: string;
        } | {
            data: components["schemas"]["RunSources"];
            /** @constant */
            event: "sources";
            id: string;
        } | {
            data: components["schemas"]["RunToken"] | components["schemas"]["RunDone"];
            /** @constant */
            event: "message";
            id: string;
        } | {
            data: components["schemas"]["RunTitle"];
            /** @constant */
            event: "title";
            id: string;
        } | {
            data: components["schemas"]["Problem"];
            /** @constant */
            event: "error";
            id: string;
        };
        /**
         * RunMeta
         * @example {
         *       "run_id": "52268001-b9eb-5398-8f70-b37f9bfa6f73",
         *       "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031",
         *       "user_message_id": "709f9877-a106-5ba3-bfb0-3dced3ae0538",
         *       "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
         *       "mode": "rag",
         *       "correlation_id": "0af7651916cd43dd8448eb211c80319c"
         *     }
         */
        RunMeta: {
            /** Format: uuid */
            conversation_id: string;
            correlation_id: string;
            /** Format: uuid */
            message_id: string;
            mode: string;
            /** Format: uuid */
            run_id: string;
            /** Format: uuid */
            user_message_id: string;
        };
        /**
         * RunSources
         * @example {
         *       "sources": [
         *         {
         *           "n": 1,
         *           "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *           "passage_id": "1cd59ae6-d458-51f3-9778-f5fdc6c0216d",
         *           "file_name": "Policy_DE.pdf",
         *           "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *           "page": 7,
         *           "section": "3.2 Parental leave",
         *           "snippet": "Parental leave is taken on request. Employees may take up to 36 months for each child.",
         *           "score": 0.83,
         *           "quotes": [
         *             "Employees may take up to 36 months for each child."
         *           ]
         *         }
         *       ]
         *     }
         */
        RunSources: {
            sources: components["schemas"]["Source"][];
        };
        /**
         * RunStatus
         * @description A message's state. `waiting` has no producer yet; `streaming` is left exactly once.
         * @example cancelled
         * @enum {unknown}
         */
        RunStatus: "cancelled" | "complete" | "failed" | "interrupted" | "streaming" | "waiting";
        /**
         * RunTitle
         * @example {
         *       "title": "Parental leave in Germany"
         *     }
         */
        RunTitle: {
            title: string;
        };
        /**
         * RunToken
         * @example {
         *       "token": "Up to 36 months"
         *     }
         */
        RunToken: {
            token: string;
        };
        /**
         * SaidView
         * @example {
         *       "role": "content_manager",
         *       "content": "How long is parental leave in Germany?",
         *       "created_at": "2026-03-02T09:30:00Z"
         *     }
         */
        SaidView: {
            content: string;
            /** Format: date-time */
            created_at: string;
            role: string;
        };
        /**
         * SearchRequest
         * @example {
         *       "query": "parental leave",
         *       "limit": 20
         *     }
         */
        SearchRequest: {
            /** @default 10 */
            limit?: number;
            query: string;
        };
        /**
         * SearchResults
         * @example {
         *       "items": [
         *         {
         *           "passage_id": "1cd59ae6-d458-51f3-9778-f5fdc6c0216d",
         *           "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *           "file_name": "Policy_DE.pdf",
         *           "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *           "page": 7,
         *           "section": "3.2 Parental leave",
         *           "text": "Employees may take up to 36 months of parental leave per child.",
         *           "score": 0.83
         *         }
         *       ]
         *     }
         */
        SearchResults: {
            items: components["schemas"]["PassageView"][];
        };
        /**
         * SessionView
         * @description `expires_in` is the access token's life in seconds. `refresh_token` comes with token transport "body" only.
         * @example {
         *       "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl",
         *       "token_type": "Bearer",
         *       "expires_in": 900,
         *       "user": {
         *         "id": "5d5460b7-f27f-5f95-be7d-dd2a85066495",
         *         "email": "alice@northwind.example",
         *         "display_name": "Alice Meyer",
         *         "role": "content_manager",
         *         "is_active": true,
         *         "department": {
         *           "id": "e50452c6-01b2-599c-aa17-a94108de6707",
         *           "name": "Human Resources"
         *         },
         *         "country": {
         *           "id": "a7998de0-b3e2-5b0d-a7d0-5deebf276169",
         *           "code": "DE",
         *           "name": "Human Resources"
         *         },
         *         "created_at": "2026-03-02T09:30:00Z",
         *         "last_login_at": "2026-03-02T09:30:00Z"
         *       },
         *       "refresh_token": "Rt8mE2o9rQ0xk1Yb5uVdJc7hTgLz4sNwPqAiXf6"
         *     }
         */
        SessionView: {
            access_token: string;
            expires_in: number;
            refresh_token?: string;
            /** @enum {unknown} */
            token_type: "Bearer";
            user: components["schemas"]["UserView"];
        };
        /**
         * Source
         * @description A numbered passage: a candidate in a `sources` event, a cited one in `done` and in the stored message. `quotes`
         *     are sentences of a cited one's `snippet`, verbatim, that say what the answer cites it for.
         * @example {
         *       "n": 1,
         *       "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
         *       "passage_id": "1cd59ae6-d458-51f3-9778-f5fdc6c0216d",
         *       "file_name": "Policy_DE.pdf",
         *       "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
         *       "page": 7,
         *       "section": "3.2 Parental leave",
         *       "snippet": "Parental leave is taken on request. Employees may take up to 36 months for each child.",
         *       "score": 0.83,
         *       "quotes": [
         *         "Employees may take up to 36 months for each child."
         *       ]
         *     }
         */
        Source: {
            /** Format: uuid */
            document_id: string;
            file_name: string;
            file_url: string;
            n: number;
            page: number | null;
            /** Format: uuid */
            passage_id: string;
            quotes: string[];
            score: number;
            section: string | null;
            snippet: string;
        };
        /**
         * SyncRequest
         * @description `full` enumerates the whole library and tries again what was given up; `confirm_removals` lets it remove more
         *     than a fifth of it.
         * @example {
         *       "full": false,
         *       "confirm_removals": false
         *     }
         */
        SyncRequest: {
            /** @default false */
            confirm_removals?: boolean;
            /** @default false */
            full?: boolean;
        };
        /**
         * SyncRunView
         * @description `status` is queued, running, complete, failed, needs_confirmation, or stopped (the library was paused). `trigger`
         *     is timer, manual, or change: the last reads nothing of what SharePoint changed. `reasons` are files by what kept
         *     them from being indexed. Seconds but `duration_s` are summed over files of which many are read at once.
         * @example {
         *       "id": "f5990b93-50bf-5ee1-880d-b55eec70fa53",
         *       "library_id": "6ed8b1e4-5372-5aaf-9af6-06eb569c1688",
         *       "status": "complete",
         *       "trigger": "timer",
         *       "is_full": false,
         *       "seen": 1204,
         *       "added": 12,
         *       "changed": 7,
         *       "moved": 1,
         *       "deleted": 3,
         *       "unchanged": 1181,
         *       "skipped": 17,
         *       "failed": 2,
         *       "reasons": {
         *         "encrypted": 2
         *       },
         *       "pages": 7,
         *       "passages": 61,
         *       "embed_tokens": 48210,
         *       "duration_s": 74.2,
         *       "graph_s": 3.1,
         *       "download_s": 22.8,
         *       "extract_s": 31.5,
         *       "embed_s": 9.4,
         *       "store_s": 4.9,
         *       "throttled_s": 0,
         *       "error_message": null,
         *       "notice": null,
         *       "created_at": "2026-03-02T09:30:00Z",
         *       "started_at": "2026-03-02T09:30:00Z",
         *       "finished_at": "2026-03-02T09:30:00Z"
         *     }
         */
        SyncRunView: {
            added: number;
            changed: number;
            /** Format: date-time */
            created_at: string;
            deleted: number;
            download_s: number;
            duration_s: number;
            embed_s: number;
            embed_tokens: number;
            error_message: string | null;
            extract_s: number;
            failed: number;
            finished_at: string | null;
            graph_s: number;
            /** Format: uuid */
            id: string;
            is_full: boolean;
            /** Format: uuid */
            library_id: string;
            moved: number;
            notice: string | null;
            pages: number;
            passages: number;
            reasons: {
                [key: string]: number;
            };
            seen: number;
            skipped: number;
            started_at: string | null;
            status: string;
            store_s: number;
            throttled_s: number;
            trigger: string;
            unchanged: number;
        };
        /**
         * TicketRequest
         * @example {
         *       "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031"
         *     }
         */
        TicketRequest: {
            /** Format: uuid */
            conversation_id: string;
        };
        /**
         * TicketView
         * @example {
         *       "ticket": "pX2vR9kQ7sT4wZ1m"
         *     }
         */
        TicketView: {
            ticket: string;
        };
        /**
         * Todo
         * @description What a sync still has to do for a document; none when its state is final.
         * @example ingest
         * @enum {unknown}
         */
        Todo: "ingest" | "relabel" | "remove";
        /**
         * TrialView
         * @description `code` and `detail` say what is wrong, null when `ok`. Milliseconds as an answer would need them; `reply` is
         *     what the model said, at most 500 characters of it, also when it broke off.
         * @example {
         *       "ok": true,
         *       "latency_ms": 910,
         *       "first_token_ms": 640,
         *       "reply": "I am ready.",
         *       "finish_reason": "stop",
         *       "input_tokens": 27,
         *       "output_tokens": 5,
         *       "code": null,
         *       "detail": null
         *     }
         */
        TrialView: {
            code: string | null;
            detail: string | null;
            finish_reason: string | null;
            first_token_ms: number | null;
            input_tokens: number | null;
            latency_ms: number;
            ok: boolean;
            output_tokens: number | null;
            reply: string;
        };
        /**
         * UnansweredQuestion
         * @description Questions to the documents that are the same but for case, spaces and punctuation. `examples` are at most three
         *     of them as they were asked, the newest first; none once their conversations are deleted.
         * @example {
         *       "key": "a00a1c1d-5be4-528c-811e-35a118f45b73",
         *       "asked": 14,
         *       "people": 9,
         *       "last_asked": "2026-03-02",
         *       "examples": [
         *         "How do I lease a bicycle?"
         *       ]
         *     }
         */
        UnansweredQuestion: {
            asked: number;
            examples: string[];
            /** Format: uuid */
            key: string;
            /** Format: date */
            last_asked: string;
            people: number;
        };
        /**
         * Usage
         * @description Of the answer's own call; the `side` tokens are those of the calls beside it (rewriting the question, the
         *     title). `cost` is of all of them, in the currency of the provider row's prices; None where a price is not known.
         *     `estimated` when a provider reported nothing and the tokens were counted here.
         * @example {
         *       "input_tokens": 1840,
         *       "output_tokens": 212,
         *       "estimated": false,
         *       "side_input_tokens": 96,
         *       "side_output_tokens": 14,
         *       "cost": 0.0054
         *     }
         */
        Usage: {
            cost: number | null;
            estimated: boolean;
            input_tokens: number;
            output_tokens: number;
            side_input_tokens: number;
            side_output_tokens: number;
        };
        /**
         * UsageItem
         * @description `key` is the day, the mode, `provider/model`, the department's or the user's id; null for none of them, and for
         *     a user who was forgotten.
         * @example {
         *       "key": "gpt-4.1",
         *       "name": "Human Resources",
         *       "usage": {
         *         "messages": 8204,
         *         "questions": 4102,
         *         "answers": 4096,
         *         "active_users": 611,
         *         "input_tokens": 1840,
         *         "output_tokens": 212,
         *         "cost": 0.0054,
         *         "unpriced": 0,
         *         "latency_ms": {
         *           "p50": 640,
         *           "p95": 2900
         *         },
         *         "first_token_ms": {
         *           "p50": 640,
         *           "p95": 2900
         *         }
         *       }
         *     }
         */
        UsageItem: {
            key: string | null;
            name: string;
            usage: components["schemas"]["UsageView"];
        };
        /**
         * UsageReport
         * @description Groups without an answer are not in it. Users come with most tokens first.
         * @example {
         *       "from": "2026-03-02",
         *       "to": "2026-03-02",
         *       "group_by": "day",
         *       "total": {
         *         "messages": 8204,
         *         "questions": 4102,
         *         "answers": 4096,
         *         "active_users": 611,
         *         "input_tokens": 1840,
         *         "output_tokens": 212,
         *         "cost": 0.0054,
         *         "unpriced": 0,
         *         "latency_ms": {
         *           "p50": 640,
         *           "p95": 2900
         *         },
         *         "first_token_ms": {
         *           "p50": 640,
         *           "p95": 2900
         *         }
         *       },
         *       "items": [
         *         {
         *           "key": "gpt-4.1",
         *           "name": "Human Resources",
         *           "usage": {
         *             "messages": 8204,
         *             "questions": 4102,
         *             "answers": 4096,
         *             "active_users": 611,
         *             "input_tokens": 1840,
         *             "output_tokens": 212,
         *             "cost": 0.0054,
         *             "unpriced": 0,
         *             "latency_ms": {
         *               "p50": 640,
         *               "p95": 2900
         *             },
         *             "first_token_ms": {
         *               "p50": 640,
         *               "p95": 2900
         *             }
         *           }
         *         }
         *       ],
         *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
         *     }
         */
        UsageReport: {
            /** Format: date */
            from: string;
            group_by: components["schemas"]["Grouping"];
            items: components["schemas"]["UsageItem"][];
            next_cursor: string | null;
            /** Format: date */
            to: string;
            total: components["schemas"]["UsageView"];
        };
        /**
         * UsageView
         * @description Of answers that have ended. `messages` are questions and answers; an answer that was asked for anew is one more
         *     answer. Tokens and `cost` are of all calls that the answers took; `unpriced` answers are not in the cost.
         * @example {
         *       "messages": 8204,
         *       "questions": 4102,
         *       "answers": 4096,
         *       "active_users": 611,
         *       "input_tokens": 1840,
         *       "output_tokens": 212,
         *       "cost": 0.0054,
         *       "unpriced": 0,
         *       "latency_ms": {
         *         "p50": 640,
         *         "p95": 2900
         *       },
         *       "first_token_ms": {
         *         "p50": 640,
         *         "p95": 2900
         *       }
         *     }
         */
        UsageView: {
            active_users: number;
            answers: number;
            cost: number;
            first_token_ms: components["schemas"]["Percentiles"];
            input_tokens: number;
            latency_ms: components["schemas"]["Percentiles"];
            messages: number;
            output_tokens: number;
            questions: number;
            unpriced: number;
        };
        /**
         * UserChange
         * @description A field left out stays as it is; null takes department or country away.
         * @example {
         *       "role": "content_manager",
         *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
         *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
         *       "is_active": true
         *     }
         */
        UserChange: {
            country_id?: string | null;
            department_id?: string | null;
            is_active?: boolean;
            role?: components["schemas"]["Role"];
        };
        /**
         * UserView
         * @example {
         *       "id": "5d5460b7-f27f-5f95-be7d-dd2a85066495",
         *       "email": "alice@northwind.example",
         *       "display_name": "Alice Meyer",
         *       "role": "content_manager",
         *       "is_active": true,
         *       "department": {
         *         "id": "e50452c6-01b2-599c-aa17-a94108de6707",
         *         "name": "Human Resources"
         *       },
         *       "country": {
         *         "id": "a7998de0-b3e2-5b0d-a7d0-5deebf276169",
         *         "code": "DE",
         *         "name": "Human Resources"
         *       },
         *       "created_at": "2026-03-02T09:30:00Z",
         *       "last_login_at": "2026-03-02T09:30:00Z"
         *     }
         */
        UserView: {
            country: components["schemas"]["CountryView"] | null;
            /** Format: date-time */
            created_at: string;
            department: components["schemas"]["DepartmentView"] | null;
            display_name: string;
            email: string | null;
            /** Format: uuid */
            id: string;
            is_active: boolean;
            last_login_at: string | null;
            role: components["schemas"]["Role"];
        };
        /**
         * Verdict
         * @description What a reviewer says of an answer. `right` and `wrong` name the source that answers the question: the one that
         *     must still be found, or that should have been; `unanswerable` is a question that the documents do not cover, which
         *     must be refused.
         * @example right
         * @enum {unknown}
         */
        Verdict: "right" | "unanswerable" | "wrong";
        /**
         * VerdictView
         * @description `sentence` tells the first thing that stands in the way, or that nothing does.
         * @example {
         *       "findable": true,
         *       "code": "findable",
         *       "sentence": "Nothing stands in the way: the document answers for this person."
         *     }
         */
        VerdictView: {
            code: string;
            findable: boolean;
            sentence: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: {
        /**
         * @description The file's name, where the reply is a file
         * @example attachment; filename="audit.csv"
         */
        "Content-Disposition": string;
        /**
         * @description So many calls pass in one window
         * @example 1200
         */
        "RateLimit-Limit": number;
        /**
         * @description The limit with its window in seconds
         * @example 1200;w=60
         */
        "RateLimit-Policy": string;
        /**
         * @description So many more are free now
         * @example 1199
         */
        "RateLimit-Remaining": number;
        /**
         * @description Seconds until the next one is given back
         * @example 60
         */
        "RateLimit-Reset": number;
        /**
         * @description Seconds to wait before the next attempt
         * @example 5
         */
        "Retry-After": number;
        /**
         * @description The refresh token, for browsers; out of reach of scripts
         * @example __Host-nexus_rt=…; Max-Age=604800; Path=/; Secure; HttpOnly; SameSite=Strict
         */
        "Set-Cookie": string;
        /**
         * @description What would get in
         * @example Bearer
         */
        "WWW-Authenticate": string;
        /**
         * @description This request's id in our logs and traces
         * @example 0af7651916cd43dd8448eb211c80319c
         */
        "X-Correlation-Id": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    documents_report: {
        parameters: {
            query?: {
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description What the file is to be
                 * @example csv
                 */
                format?: "csv" | "json";
                /**
                 * @description Only from this moment on (RFC 3339, with offset)
                 * @example 2026-03-02
                 */
                from?: string;
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description Which of the lists a CSV file holds
                 * @example cited
                 */
                table?: "cited" | "not_cited";
                /**
                 * @description Only before this moment (RFC 3339, with offset)
                 * @example 2026-03-02
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Which documents within the caller's reach answers cite most, and which they do not cite; JSON or CSV */
            200: {
                headers: {
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "from": "2026-03-02",
                     *       "to": "2026-03-02",
                     *       "documents": 17,
                     *       "cited_documents": 318,
                     *       "most_cited": [
                     *         {
                     *           "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
                     *           "file_name": "Policy_DE.pdf",
                     *           "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
                     *           "citations": 412,
                     *           "last_cited": "2026-03-02"
                     *         }
                     *       ],
                     *       "not_cited": [
                     *         {
                     *           "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
                     *           "file_name": "Policy_DE.pdf",
                     *           "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
                     *           "citations": 412,
                     *           "last_cited": "2026-03-02"
                     *         }
                     *       ],
                     *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
                     *     }
                     */
                    "application/json": components["schemas"]["DocumentsReport"];
                    /**
                     * @example document_id,file_name,file_url,citations,last_cited
                     *     {},Policy_DE.pdf,https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf,412,{}
                     */
                    "text/csv": string;
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "period_invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    quality_report: {
        parameters: {
            query?: {
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description What the file is to be
                 * @example csv
                 */
                format?: "csv" | "json";
                /**
                 * @description Only from this moment on (RFC 3339, with offset)
                 * @example 2026-03-02
                 */
                from?: string;
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description Which of the lists a CSV file holds
                 * @example days
                 */
                table?: "days" | "questions";
                /**
                 * @description Only before this moment (RFC 3339, with offset)
                 * @example 2026-03-02
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How answers ended, what people and documents say of them, and questions without an answer; JSON or CSV */
            200: {
                headers: {
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "from": "2026-03-02",
                     *       "to": "2026-03-02",
                     *       "total": {
                     *         "answers": 4096,
                     *         "complete": 4011,
                     *         "failed": 2,
                     *         "cancelled": 52,
                     *         "interrupted": 9,
                     *         "checked": 3980,
                     *         "unsupported": 71,
                     *         "unsupported_share": 0.018,
                     *         "positive": 388,
                     *         "negative": 41,
                     *         "positive_share": 0.904
                     *       },
                     *       "days": [
                     *         {
                     *           "day": "2026-03-02",
                     *           "quality": {
                     *             "answers": 4096,
                     *             "complete": 4011,
                     *             "failed": 2,
                     *             "cancelled": 52,
                     *             "interrupted": 9,
                     *             "checked": 3980,
                     *             "unsupported": 71,
                     *             "unsupported_share": 0.018,
                     *             "positive": 388,
                     *             "negative": 41,
                     *             "positive_share": 0.904
                     *           }
                     *         }
                     *       ],
                     *       "unanswered_questions": [
                     *         {
                     *           "key": "a00a1c1d-5be4-528c-811e-35a118f45b73",
                     *           "asked": 14,
                     *           "people": 9,
                     *           "last_asked": "2026-03-02",
                     *           "examples": [
                     *             "How do I lease a bicycle?"
                     *           ]
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["QualityReport"];
                    /**
                     * @example day,answers,complete,failed,cancelled,interrupted,checked,unsupported,unsupported_share,positive,negative,positive_share
                     *     {},4096,4011,2,52,9,3980,[],0.018,388,41,0.904
                     */
                    "text/csv": string;
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "period_invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    usage_report: {
        parameters: {
            query?: {
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description What the file is to be
                 * @example csv
                 */
                format?: "csv" | "json";
                /**
                 * @description Only from this moment on (RFC 3339, with offset)
                 * @example 2026-03-02
                 */
                from?: string;
                /**
                 * @description What the rows are counted by
                 * @example day
                 */
                group_by?: components["schemas"]["Grouping"];
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description Only before this moment (RFC 3339, with offset)
                 * @example 2026-03-02
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Messages, tokens, cost, active people and times by day, model, mode, department or user; JSON or CSV */
            200: {
                headers: {
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "from": "2026-03-02",
                     *       "to": "2026-03-02",
                     *       "group_by": "day",
                     *       "total": {
                     *         "messages": 8204,
                     *         "questions": 4102,
                     *         "answers": 4096,
                     *         "active_users": 611,
                     *         "input_tokens": 1840,
                     *         "output_tokens": 212,
                     *         "cost": 0.0054,
                     *         "unpriced": 0,
                     *         "latency_ms": {
                     *           "p50": 640,
                     *           "p95": 2900
                     *         },
                     *         "first_token_ms": {
                     *           "p50": 640,
                     *           "p95": 2900
                     *         }
                     *       },
                     *       "items": [
                     *         {
                     *           "key": "gpt-4.1",
                     *           "name": "Human Resources",
                     *           "usage": {
                     *             "messages": 8204,
                     *             "questions": 4102,
                     *             "answers": 4096,
                     *             "active_users": 611,
                     *             "input_tokens": 1840,
                     *             "output_tokens": 212,
                     *             "cost": 0.0054,
                     *             "unpriced": 0,
                     *             "latency_ms": {
                     *               "p50": 640,
                     *               "p95": 2900
                     *             },
                     *             "first_token_ms": {
                     *               "p50": 640,
                     *               "p95": 2900
                     *             }
                     *           }
                     *         }
                     *       ],
                     *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
                     *     }
                     */
                    "application/json": components["schemas"]["UsageReport"];
                    /**
                     * @example key,name,messages,questions,answers,active_users,input_tokens,output_tokens,cost,unpriced,latency_ms_p50,latency_ms_p95,first_token_ms_p50,first_token_ms_p95
                     *     gpt-4.1,Human Resources,8204,4102,4096,611,1840,212,0.0054,0,{},{},{},{}
                     */
                    "text/csv": string;
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "period_invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    list_audit: {
        parameters: {
            query?: {
                /**
                 * @description Only this kind of action
                 * @example library.change
                 */
                action?: string;
                /**
                 * @description Only what this user did
                 * @example d301b35a-0a1f-5475-b3cd-e513c4719bbe
                 */
                actor?: string;
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description Only from this moment on (RFC 3339, with offset)
                 * @example 2026-03-02T09:30:00Z
                 */
                from?: string;
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description Only what was done to this: an id, as the entries have it
                 * @example 6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55
                 */
                target?: string;
                /**
                 * @description Only before this moment (RFC 3339, with offset)
                 * @example 2026-03-02T09:30:00Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The audit log, newest first */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": 48211,
                     *           "at": "2026-03-02T09:30:00Z",
                     *           "actor_id": "50655d80-0c64-5ca7-b9e4-ba3740b3f701",
                     *           "action": "library.change",
                     *           "target": "6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55",
                     *           "outcome": "ok",
                     *           "detail": {
                     *             "enabled": false
                     *           },
                     *           "correlation_id": "0af7651916cd43dd8448eb211c80319c"
                     *         }
                     *       ],
                     *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
                     *     }
                     */
                    "application/json": components["schemas"]["PageOfAuditEntry"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    export_audit: {
        parameters: {
            query?: {
                /**
                 * @description Only this kind of action
                 * @example library.change
                 */
                action?: string;
                /**
                 * @description Only what this user did
                 * @example d301b35a-0a1f-5475-b3cd-e513c4719bbe
                 */
                actor?: string;
                /**
                 * @description What the file is to be
                 * @example csv
                 */
                format?: components["schemas"]["FileFormat"];
                /**
                 * @description Only from this moment on (RFC 3339, with offset)
                 * @example 2026-03-02T09:30:00Z
                 */
                from?: string;
                /**
                 * @description Only what was done to this: an id, as the entries have it
                 * @example 6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55
                 */
                target?: string;
                /**
                 * @description Only before this moment (RFC 3339, with offset)
                 * @example 2026-03-02T09:30:00Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The audit log as a file, newest first; that it was taken out is written into it */
            200: {
                headers: {
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /** @example {"id": "3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:1", "at": {}, "actor_id": {}, "action": "library.change", "target": "6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55", "outcome": "ok", "detail": "There is no such conversation, or it is not yours.", "correlation_id": "0af7651916cd43dd8448eb211c80319c"} */
                    "application/jsonl": string;
                    /**
                     * @example id,at,actor_id,action,target,outcome,detail,correlation_id
                     *     3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:1,{},{},library.change,6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55,ok,There is no such conversation, or it is not yours.,0af7651916cd43dd8448eb211c80319c
                     */
                    "text/csv": string;
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    list_budgets: {
        parameters: {
            query?: {
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The budgets that were set, by their owner's id, and the defaults */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "user_default": 200000,
                     *       "department_default": 5000000,
                     *       "items": [
                     *         {
                     *           "subject": "department",
                     *           "owner_id": "3602839a-a338-5da6-b5d3-cabd21f38ecd",
                     *           "name": "Human Resources",
                     *           "daily_tokens": 200000,
                     *           "updated_at": "2026-03-02T09:30:00Z"
                     *         }
                     *       ],
                     *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
                     *     }
                     */
                    "application/json": components["schemas"]["BudgetsPage"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    list_countries: {
        parameters: {
            query?: {
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Countries by code */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "b0b6511a-2d2c-53a1-8a8d-293a8322b182",
                     *           "code": "DE",
                     *           "name": "Human Resources",
                     *           "created_at": "2026-03-02T09:30:00Z"
                     *         }
                     *       ],
                     *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
                     *     }
                     */
                    "application/json": components["schemas"]["PageOfCountryRow"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    create_country: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "DE",
                 *       "name": "Human Resources"
                 *     }
                 */
                "application/json": components["schemas"]["NewCountry"];
            };
        };
        responses: {
            /** @description Adds a country by its ISO 3166-1 code */
            201: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "b0b6511a-2d2c-53a1-8a8d-293a8322b182",
                     *       "code": "DE",
                     *       "name": "Human Resources",
                     *       "created_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["CountryRow"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "country_exists";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off" | "country_code_unknown";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    delete_country: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A country; in a list, only what belongs to it
                 * @example f933cc70-01f7-5e0d-98ca-e68c3a8609a6
                 */
                country_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deletes a country that nobody and nothing belongs to */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "country_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "country_in_use";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    change_country: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A country; in a list, only what belongs to it
                 * @example f933cc70-01f7-5e0d-98ca-e68c3a8609a6
                 */
                country_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "DE",
                 *       "name": "Human Resources"
                 *     }
                 */
                "application/json": components["schemas"]["CountryChange"];
            };
        };
        responses: {
            /** @description Corrects a country's code or name; who and what belongs to it stays */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "b0b6511a-2d2c-53a1-8a8d-293a8322b182",
                     *       "code": "DE",
                     *       "name": "Human Resources",
                     *       "created_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["CountryRow"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "country_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "country_exists";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off" | "country_code_unknown";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    list_departments: {
        parameters: {
            query?: {
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Departments by name */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "8b3b2259-da74-56e2-b5e2-f571a732d157",
                     *           "name": "Human Resources",
                     *           "created_at": "2026-03-02T09:30:00Z"
                     *         }
                     *       ],
                     *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
                     *     }
                     */
                    "application/json": components["schemas"]["PageOfDepartmentRow"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    create_department: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Human Resources"
                 *     }
                 */
                "application/json": components["schemas"]["NewDepartment"];
            };
        };
        responses: {
            /** @description Adds a department */
            201: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "8b3b2259-da74-56e2-b5e2-f571a732d157",
                     *       "name": "Human Resources",
                     *       "created_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["DepartmentRow"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "department_exists";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    delete_department: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A department; in a list, only what belongs to it
                 * @example 08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f
                 */
                department_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deletes a department that nobody and nothing belongs to */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "department_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "department_in_use";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    change_department: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A department; in a list, only what belongs to it
                 * @example 08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f
                 */
                department_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Human Resources"
                 *     }
                 */
                "application/json": components["schemas"]["DepartmentChange"];
            };
        };
        responses: {
            /** @description Renames a department; who and what belongs to it stays */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "8b3b2259-da74-56e2-b5e2-f571a732d157",
                     *       "name": "Human Resources",
                     *       "created_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["DepartmentRow"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "department_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "department_exists";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    get_department_budget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A department; in a list, only what belongs to it
                 * @example 08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f
                 */
                department_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A department's daily budget and what of it is used */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "limit": 20,
                     *       "is_default": false,
                     *       "used": 18450,
                     *       "remaining": 181550,
                     *       "resets_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["BudgetView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "department_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    set_department_budget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A department; in a list, only what belongs to it
                 * @example 08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f
                 */
                department_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "daily_tokens": 200000
                 *     }
                 */
                "application/json": components["schemas"]["BudgetChange"];
            };
        };
        responses: {
            /** @description Gives a department a daily budget of its own, for all its people together */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "limit": 20,
                     *       "is_default": false,
                     *       "used": 18450,
                     *       "remaining": 181550,
                     *       "resets_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["BudgetView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "department_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    drop_department_budget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A department; in a list, only what belongs to it
                 * @example 08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f
                 */
                department_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Takes a department's own budget away: the default holds again */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "department_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    list_documents: {
        parameters: {
            query?: {
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description A library; in a list, only what belongs to it
                 * @example 6ed8b1e4-5372-5aaf-9af6-06eb569c1688
                 */
                library_id?: string;
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description Found anywhere in the path, letter for letter but for case
                 * @example leave
                 */
                q?: string;
                /**
                 * @description Only those with this reason
                 * @example encrypted
                 */
                reason_code?: string;
                /**
                 * @description Only those with this status
                 * @example failed
                 */
                status?: "failed" | "inactive" | "indexed" | "pending" | "skipped";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Documents of the libraries within the caller's reach, with status and reason */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "aa2e42a3-63c2-5aa1-988d-1263bbda70ab",
                     *           "library_id": "6ed8b1e4-5372-5aaf-9af6-06eb569c1688",
                     *           "library_name": "Shared Documents",
                     *           "file_name": "Policy_DE.pdf",
                     *           "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
                     *           "path": "/Policies/Policy_DE.pdf",
                     *           "file_type": "pdf",
                     *           "file_size": 482133,
                     *           "status": "failed",
                     *           "reason_code": null,
                     *           "reason": null,
                     *           "todo": null,
                     *           "waits": null,
                     *           "attempts": 0,
                     *           "retry_at": null,
                     *           "passages": 61,
                     *           "page_count": 24,
                     *           "language": "de",
                     *           "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *           "department": "Human Resources",
                     *           "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
                     *           "country": "Germany",
                     *           "is_active": true,
                     *           "last_modified": "2026-03-02T09:30:00Z",
                     *           "ingested_at": "2026-03-02T09:30:00Z",
                     *           "created_at": "2026-03-02T09:30:00Z"
                     *         }
                     *       ],
                     *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
                     *     }
                     */
                    "application/json": components["schemas"]["PageOfAdminDocumentView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    get_admin_document: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A document
                 * @example cc079fe3-525b-5978-82e1-7121271845bb
                 */
                document_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One document with status and reason */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "aa2e42a3-63c2-5aa1-988d-1263bbda70ab",
                     *       "library_id": "6ed8b1e4-5372-5aaf-9af6-06eb569c1688",
                     *       "library_name": "Shared Documents",
                     *       "file_name": "Policy_DE.pdf",
                     *       "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
                     *       "path": "/Policies/Policy_DE.pdf",
                     *       "file_type": "pdf",
                     *       "file_size": 482133,
                     *       "status": "failed",
                     *       "reason_code": null,
                     *       "reason": null,
                     *       "todo": null,
                     *       "waits": null,
                     *       "attempts": 0,
                     *       "retry_at": null,
                     *       "passages": 61,
                     *       "page_count": 24,
                     *       "language": "de",
                     *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *       "department": "Human Resources",
                     *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
                     *       "country": "Germany",
                     *       "is_active": true,
                     *       "last_modified": "2026-03-02T09:30:00Z",
                     *       "ingested_at": "2026-03-02T09:30:00Z",
                     *       "created_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["AdminDocumentView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "document_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    change_document: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A document
                 * @example cc079fe3-525b-5978-82e1-7121271845bb
                 */
                document_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "is_active": true
                 *     }
                 */
                "application/json": components["schemas"]["DocumentChange"];
            };
        };
        responses: {
            /** @description Switches a document off or on, at once; 202 when the index is away and the next step of a sync does it */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "aa2e42a3-63c2-5aa1-988d-1263bbda70ab",
                     *       "library_id": "6ed8b1e4-5372-5aaf-9af6-06eb569c1688",
                     *       "library_name": "Shared Documents",
                     *       "file_name": "Policy_DE.pdf",
                     *       "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
                     *       "path": "/Policies/Policy_DE.pdf",
                     *       "file_type": "pdf",
                     *       "file_size": 482133,
                     *       "status": "failed",
                     *       "reason_code": null,
                     *       "reason": null,
                     *       "todo": null,
                     *       "waits": null,
                     *       "attempts": 0,
                     *       "retry_at": null,
                     *       "passages": 61,
                     *       "page_count": 24,
                     *       "language": "de",
                     *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *       "department": "Human Resources",
                     *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
                     *       "country": "Germany",
                     *       "is_active": true,
                     *       "last_modified": "2026-03-02T09:30:00Z",
                     *       "ingested_at": "2026-03-02T09:30:00Z",
                     *       "created_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["AdminDocumentView"];
                };
            };
            /** @description Recorded; the index is away, and the next step of a sync does it */
            202: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "aa2e42a3-63c2-5aa1-988d-1263bbda70ab",
                     *       "library_id": "6ed8b1e4-5372-5aaf-9af6-06eb569c1688",
                     *       "library_name": "Shared Documents",
                     *       "file_name": "Policy_DE.pdf",
                     *       "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
                     *       "path": "/Policies/Policy_DE.pdf",
                     *       "file_type": "pdf",
                     *       "file_size": 482133,
                     *       "status": "failed",
                     *       "reason_code": null,
                     *       "reason": null,
                     *       "todo": null,
                     *       "waits": null,
                     *       "attempts": 0,
                     *       "retry_at": null,
                     *       "passages": 61,
                     *       "page_count": 24,
                     *       "language": "de",
                     *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *       "department": "Human Resources",
                     *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
                     *       "country": "Germany",
                     *       "is_active": true,
                     *       "last_modified": "2026-03-02T09:30:00Z",
                     *       "ingested_at": "2026-03-02T09:30:00Z",
                     *       "created_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["AdminDocumentView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "document_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "document_removing";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable" | "durable_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    reingest_document: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A document
                 * @example cc079fe3-525b-5978-82e1-7121271845bb
                 */
                document_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Has a document read again whole, changed or not; its old passages answer until the new ones are there */
            202: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "document": {
                     *         "id": "aa2e42a3-63c2-5aa1-988d-1263bbda70ab",
                     *         "library_id": "6ed8b1e4-5372-5aaf-9af6-06eb569c1688",
                     *         "library_name": "Shared Documents",
                     *         "file_name": "Policy_DE.pdf",
                     *         "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
                     *         "path": "/Policies/Policy_DE.pdf",
                     *         "file_type": "pdf",
                     *         "file_size": 482133,
                     *         "status": "failed",
                     *         "reason_code": null,
                     *         "reason": null,
                     *         "todo": null,
                     *         "waits": null,
                     *         "attempts": 0,
                     *         "retry_at": null,
                     *         "passages": 61,
                     *         "page_count": 24,
                     *         "language": "de",
                     *         "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *         "department": "Human Resources",
                     *         "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
                     *         "country": "Germany",
                     *         "is_active": true,
                     *         "last_modified": "2026-03-02T09:30:00Z",
                     *         "ingested_at": "2026-03-02T09:30:00Z",
                     *         "created_at": "2026-03-02T09:30:00Z"
                     *       },
                     *       "sync_run_id": "c34c3476-0f40-5f20-b44d-33fac47a508d",
                     *       "detail": "The document is being read again. Until that is done its old passages answer."
                     *     }
                     */
                    "application/json": components["schemas"]["ReingestView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "document_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "document_removing" | "library_removing" | "library_paused";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable" | "durable_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    explain_document: {
        parameters: {
            query?: {
                /**
                 * @description The document; or `url`
                 * @example cc079fe3-525b-5978-82e1-7121271845bb
                 */
                document_id?: string;
                /**
                 * @description A question that is searched for as that user
                 * @example parental leave
                 */
                query?: string;
                /**
                 * @description The document's address in SharePoint, as people copy it
                 * @example https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf
                 */
                url?: string;
                /**
                 * @description The person whose audience is looked at
                 * @example 3254d51f-5db3-53b6-b113-5dd3cbcdfbaa
                 */
                user_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Why a person finds a document, or not; the document by id or by its address in SharePoint */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "verdict": {
                     *         "findable": true,
                     *         "code": "findable",
                     *         "sentence": "Nothing stands in the way: the document answers for this person."
                     *       },
                     *       "checks": [
                     *         {
                     *           "check": "library",
                     *           "ok": true,
                     *           "detail": "The library Policies is enabled and was synced today."
                     *         }
                     *       ],
                     *       "library": {
                     *         "id": "f88cf64d-7c6d-517e-9be4-f3b32a416c01",
                     *         "name": "Shared Documents",
                     *         "library_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents",
                     *         "enabled": true,
                     *         "status": "idle",
                     *         "error_message": null,
                     *         "last_sync_at": "2026-03-02T09:30:00Z"
                     *       },
                     *       "document": {
                     *         "id": "aa2e42a3-63c2-5aa1-988d-1263bbda70ab",
                     *         "library_id": "6ed8b1e4-5372-5aaf-9af6-06eb569c1688",
                     *         "library_name": "Shared Documents",
                     *         "file_name": "Policy_DE.pdf",
                     *         "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
                     *         "path": "/Policies/Policy_DE.pdf",
                     *         "file_type": "pdf",
                     *         "file_size": 482133,
                     *         "status": "failed",
                     *         "reason_code": null,
                     *         "reason": null,
                     *         "todo": null,
                     *         "waits": null,
                     *         "attempts": 0,
                     *         "retry_at": null,
                     *         "passages": 61,
                     *         "page_count": 24,
                     *         "language": "de",
                     *         "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *         "department": "Human Resources",
                     *         "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
                     *         "country": "Germany",
                     *         "is_active": true,
                     *         "last_modified": "2026-03-02T09:30:00Z",
                     *         "ingested_at": "2026-03-02T09:30:00Z",
                     *         "created_at": "2026-03-02T09:30:00Z"
                     *       },
                     *       "passages": {
                     *         "ledger": 61,
                     *         "active": 61,
                     *         "inactive": 0,
                     *         "staged": 0,
                     *         "readable": 61
                     *       },
                     *       "place": 1
                     *     }
                     */
                    "application/json": components["schemas"]["ExplanationView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "document_not_found" | "user_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "url_malformed";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description The language model could not answer */
            502: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "model_refused_request" | "model_not_found" | "model_context_too_long" | "model_key_missing" | "model_bad_reply" | "content_filtered";
                        /** @constant */
                        status?: 502;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable" | "qdrant_unavailable" | "embeddings_unavailable" | "throttled";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    summarize_documents: {
        parameters: {
            query?: {
                /**
                 * @description A library; in a list, only what belongs to it
                 * @example 6ed8b1e4-5372-5aaf-9af6-06eb569c1688
                 */
                library_id?: string;
                /**
                 * @description Only documents whose path holds this
                 * @example leave
                 */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many documents there are of each status and reason */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "total": 1204,
                     *       "by_status": {
                     *         "indexed": 1180,
                     *         "pending": 4,
                     *         "skipped": 17,
                     *         "failed": 2,
                     *         "inactive": 1
                     *       },
                     *       "reasons": [
                     *         {
                     *           "status": "skipped",
                     *           "reason_code": "encrypted",
                     *           "documents": 17
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["DocumentSummaryView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    list_eval_cases: {
        parameters: {
            query?: {
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Cases made of feedback within the caller's reach, newest first */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "27235ce6-5fd1-54ec-bf02-339f716e25dd",
                     *           "feedback_id": "767c0ee8-3e9c-5b75-9e9f-90a2cc298a77",
                     *           "question": "How long is parental leave in Germany?",
                     *           "verdict": "wrong",
                     *           "expected": {
                     *             "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
                     *             "file_name": "Policy_DE.pdf",
                     *             "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
                     *             "page": 7
                     *           },
                     *           "note": "The answer stands on page 7.",
                     *           "created_by": "4946d0e4-66dd-5bf4-a5a6-dcd66f3e945a",
                     *           "created_at": "2026-03-02T09:30:00Z",
                     *           "updated_at": "2026-03-02T09:30:00Z"
                     *         }
                     *       ],
                     *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
                     *     }
                     */
                    "application/json": components["schemas"]["PageOfEvalCaseView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    delete_eval_case: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A case for evaluation
                 * @example 786c2b3e-e39a-5a96-b2c0-87aa442fb56a
                 */
                case_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deletes a case; the feedback stays */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "eval_case_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    export_eval_cases: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The cases as a file of JSON lines, for `python -m evals.cases` */
            200: {
                headers: {
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /** @example {"id": "3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:1", "question": "How long is parental leave in Germany?", "verdict": "wrong", "expected": {}, "note": "The answer stands on page 7.", "created_at": {}} */
                    "application/jsonl": string;
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    list_feedback: {
        parameters: {
            query?: {
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description Only from this moment on (RFC 3339, with offset)
                 * @example 2026-03-02T09:30:00Z
                 */
                from?: string;
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description Only of this mode
                 * @example rag
                 */
                mode?: components["schemas"]["Mode"];
                /**
                 * @description Found anywhere in question, answer or comment, letter for letter but for case
                 * @example leave
                 */
                q?: string;
                /**
                 * @description Only feedback with this rating
                 * @example negative
                 */
                rating?: components["schemas"]["Rating"];
                /**
                 * @description Only those with this status
                 * @example pending
                 */
                status?: components["schemas"]["FeedbackStatus"];
                /**
                 * @description Only before this moment (RFC 3339, with offset)
                 * @example 2026-03-02T09:30:00Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Feedback of the people within the caller's reach, newest first */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "fc02de7f-1145-5054-9aff-8bbc3df3ce18",
                     *           "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
                     *           "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031",
                     *           "mode": "rag",
                     *           "is_private": false,
                     *           "rating": "negative",
                     *           "comment": "The answer leaves out the rule for part-time work.",
                     *           "status": "pending",
                     *           "question": "How long is parental leave in Germany?",
                     *           "provider": "OpenAI",
                     *           "model": "gpt-4.1",
                     *           "supported": true,
                     *           "given_by": {
                     *             "id": "d53c646d-9b1a-5c6b-bc38-cd00f5e0ac20",
                     *             "display_name": "Alice Meyer",
                     *             "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *             "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
                     *           },
                     *           "reviewed_by": {
                     *             "id": "b30b7838-3029-5486-9fcb-867523cea067",
                     *             "display_name": "Alice Meyer"
                     *           },
                     *           "reviewed_at": "2026-03-02T09:30:00Z",
                     *           "created_at": "2026-03-02T09:30:00Z",
                     *           "updated_at": "2026-03-02T09:30:00Z",
                     *           "eval_case_id": "15c8a8f9-de39-5abb-b510-6b6ff4561b1b"
                     *         }
                     *       ],
                     *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
                     *     }
                     */
                    "application/json": components["schemas"]["PageOfQueuedFeedbackView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    get_feedback_exchange: {
        parameters: {
            query?: {
                /**
                 * @description So many of the messages before the question come along
                 * @example 6
                 */
                preceding?: number;
            };
            header?: never;
            path: {
                /**
                 * @description Feedback of a person within the caller's reach
                 * @example 767c0ee8-3e9c-5b75-9e9f-90a2cc298a77
                 */
                feedback_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Feedback with the whole exchange: question, answer, its sources as they were, and what was said before */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "077445eb-7684-5c87-a12a-2c98ed8b8b9c",
                     *       "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
                     *       "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031",
                     *       "mode": "rag",
                     *       "is_private": false,
                     *       "rating": "negative",
                     *       "comment": "The answer leaves out the rule for part-time work.",
                     *       "status": "pending",
                     *       "question": "How long is parental leave in Germany?",
                     *       "provider": "OpenAI",
                     *       "model": "gpt-4.1",
                     *       "supported": true,
                     *       "given_by": {
                     *         "id": "d53c646d-9b1a-5c6b-bc38-cd00f5e0ac20",
                     *         "display_name": "Alice Meyer",
                     *         "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *         "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
                     *       },
                     *       "reviewed_by": {
                     *         "id": "b30b7838-3029-5486-9fcb-867523cea067",
                     *         "display_name": "Alice Meyer"
                     *       },
                     *       "reviewed_at": "2026-03-02T09:30:00Z",
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "updated_at": "2026-03-02T09:30:00Z",
                     *       "eval_case_id": "15c8a8f9-de39-5abb-b510-6b6ff4561b1b",
                     *       "answer": "Up to 36 months per child [1].",
                     *       "answer_status": "complete",
                     *       "finish_reason": "stop",
                     *       "unsupported": [],
                     *       "input_tokens": 1840,
                     *       "output_tokens": 212,
                     *       "first_token_ms": 640,
                     *       "latency_ms": 3120,
                     *       "is_replaced": false,
                     *       "asked_at": "2026-03-02T09:30:00Z",
                     *       "answered_at": "2026-03-02T09:30:00Z",
                     *       "sources": [
                     *         {
                     *           "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
                     *           "title": "Parental leave in Germany",
                     *           "url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
                     *           "page": 7,
                     *           "section": "3.2 Parental leave",
                     *           "score": 0.83,
                     *           "cited_as": 1,
                     *           "is_readable": false,
                     *           "snippet": "Parental leave is taken on request. Employees may take up to 36 months for each child."
                     *         }
                     *       ],
                     *       "preceding": [
                     *         {
                     *           "role": "content_manager",
                     *           "content": "How long is parental leave in Germany?",
                     *           "created_at": "2026-03-02T09:30:00Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ExchangeView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "feedback_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    review_feedback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Feedback of a person within the caller's reach
                 * @example 767c0ee8-3e9c-5b75-9e9f-90a2cc298a77
                 */
                feedback_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "status": "reviewed"
                 *     }
                 */
                "application/json": components["schemas"]["FeedbackReview"];
            };
        };
        responses: {
            /** @description Moves feedback on, from pending to reviewed to resolved; the caller becomes its reviewer */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "fc02de7f-1145-5054-9aff-8bbc3df3ce18",
                     *       "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
                     *       "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031",
                     *       "mode": "rag",
                     *       "is_private": false,
                     *       "rating": "negative",
                     *       "comment": "The answer leaves out the rule for part-time work.",
                     *       "status": "pending",
                     *       "question": "How long is parental leave in Germany?",
                     *       "provider": "OpenAI",
                     *       "model": "gpt-4.1",
                     *       "supported": true,
                     *       "given_by": {
                     *         "id": "d53c646d-9b1a-5c6b-bc38-cd00f5e0ac20",
                     *         "display_name": "Alice Meyer",
                     *         "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *         "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
                     *       },
                     *       "reviewed_by": {
                     *         "id": "b30b7838-3029-5486-9fcb-867523cea067",
                     *         "display_name": "Alice Meyer"
                     *       },
                     *       "reviewed_at": "2026-03-02T09:30:00Z",
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "updated_at": "2026-03-02T09:30:00Z",
                     *       "eval_case_id": "15c8a8f9-de39-5abb-b510-6b6ff4561b1b"
                     *     }
                     */
                    "application/json": components["schemas"]["QueuedFeedbackView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "feedback_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "feedback_status";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    make_eval_case: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Feedback of a person within the caller's reach
                 * @example 767c0ee8-3e9c-5b75-9e9f-90a2cc298a77
                 */
                feedback_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "verdict": "wrong",
                 *       "expected": {
                 *         "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
                 *         "page": 7
                 *       },
                 *       "note": "The answer stands on page 7.",
                 *       "question": "How long is parental leave in Germany?"
                 *     }
                 */
                "application/json": components["schemas"]["NewEvalCase"];
            };
        };
        responses: {
            /** @description The same feedback was a case already; this replaces it */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "27235ce6-5fd1-54ec-bf02-339f716e25dd",
                     *       "feedback_id": "767c0ee8-3e9c-5b75-9e9f-90a2cc298a77",
                     *       "question": "How long is parental leave in Germany?",
                     *       "verdict": "wrong",
                     *       "expected": {
                     *         "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
                     *         "file_name": "Policy_DE.pdf",
                     *         "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
                     *         "page": 7
                     *       },
                     *       "note": "The answer stands on page 7.",
                     *       "created_by": "4946d0e4-66dd-5bf4-a5a6-dcd66f3e945a",
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "updated_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["EvalCaseView"];
                };
            };
            /** @description Makes feedback on an answer from documents a case for evaluation; 200 where it replaces an earlier one */
            201: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "27235ce6-5fd1-54ec-bf02-339f716e25dd",
                     *       "feedback_id": "767c0ee8-3e9c-5b75-9e9f-90a2cc298a77",
                     *       "question": "How long is parental leave in Germany?",
                     *       "verdict": "wrong",
                     *       "expected": {
                     *         "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
                     *         "file_name": "Policy_DE.pdf",
                     *         "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
                     *         "page": 7
                     *       },
                     *       "note": "The answer stands on page 7.",
                     *       "created_by": "4946d0e4-66dd-5bf4-a5a6-dcd66f3e945a",
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "updated_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["EvalCaseView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "feedback_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "not_from_documents";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off" | "expected_document_unknown";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    get_forget_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A job that forgets a person
                 * @example 55c41831-2776-53f4-a4fb-686a19b8acde
                 */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How far a person is forgotten, and what was erased and anonymised */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "b4aebc53-6f47-5fa2-bece-636c34febafe",
                     *       "user_id": "3254d51f-5db3-53b6-b113-5dd3cbcdfbaa",
                     *       "requested_by": "fa148698-5454-5a5f-b58f-77f13fd5cbe2",
                     *       "status": "done",
                     *       "erased": {
                     *         "conversations": 12,
                     *         "messages": 64,
                     *         "feedback": 3,
                     *         "notebook_sessions": 1,
                     *         "files": 2,
                     *         "eval_cases": 0
                     *       },
                     *       "anonymised": {
                     *         "audit_entries": 4,
                     *         "prompts": 0,
                     *         "sync_runs": 0,
                     *         "reviews": 0,
                     *         "usage_people": 1
                     *       },
                     *       "problem": null,
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "finished_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ForgetJobView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forget_job_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    get_index: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The index that serves, the one that is built for the configured model, and how far that is */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "serving": {
                     *         "collection": "docs_text_embedding_3_small_1",
                     *         "status": "serving",
                     *         "model": {
                     *           "provider": "openai",
                     *           "model": "text-embedding-3-small",
                     *           "dimensions": 1536
                     *         },
                     *         "since": "2026-03-02T09:30:00Z",
                     *         "error_message": null
                     *       },
                     *       "configured": {
                     *         "provider": "openai",
                     *         "model": "text-embedding-3-small",
                     *         "dimensions": 1536
                     *       },
                     *       "is_up_to_date": false,
                     *       "next": {
                     *         "collection": "docs_text_embedding_3_small_1",
                     *         "status": "serving",
                     *         "model": {
                     *           "provider": "openai",
                     *           "model": "text-embedding-3-small",
                     *           "dimensions": 1536
                     *         },
                     *         "since": "2026-03-02T09:30:00Z",
                     *         "error_message": null
                     *       },
                     *       "progress": {
                     *         "documents": 17,
                     *         "copied": 17,
                     *         "refused": 0
                     *       },
                     *       "leaving": [
                     *         {
                     *           "collection": "docs_text_embedding_3_small_1",
                     *           "status": "serving",
                     *           "model": {
                     *             "provider": "openai",
                     *             "model": "text-embedding-3-small",
                     *             "dimensions": 1536
                     *           },
                     *           "since": "2026-03-02T09:30:00Z",
                     *           "error_message": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["IndexStateView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    rebuild_index_now: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Builds the index of the configured embedding model, or goes on with it, while the present one serves */
            202: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "serving": {
                     *         "collection": "docs_text_embedding_3_small_1",
                     *         "status": "serving",
                     *         "model": {
                     *           "provider": "openai",
                     *           "model": "text-embedding-3-small",
                     *           "dimensions": 1536
                     *         },
                     *         "since": "2026-03-02T09:30:00Z",
                     *         "error_message": null
                     *       },
                     *       "configured": {
                     *         "provider": "openai",
                     *         "model": "text-embedding-3-small",
                     *         "dimensions": 1536
                     *       },
                     *       "is_up_to_date": false,
                     *       "next": {
                     *         "collection": "docs_text_embedding_3_small_1",
                     *         "status": "serving",
                     *         "model": {
                     *           "provider": "openai",
                     *           "model": "text-embedding-3-small",
                     *           "dimensions": 1536
                     *         },
                     *         "since": "2026-03-02T09:30:00Z",
                     *         "error_message": null
                     *       },
                     *       "progress": {
                     *         "documents": 17,
                     *         "copied": 17,
                     *         "refused": 0
                     *       },
                     *       "leaving": [
                     *         {
                     *           "collection": "docs_text_embedding_3_small_1",
                     *           "status": "serving",
                     *           "model": {
                     *             "provider": "openai",
                     *             "model": "text-embedding-3-small",
                     *             "dimensions": 1536
                     *           },
                     *           "since": "2026-03-02T09:30:00Z",
                     *           "error_message": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["IndexStateView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "index_up_to_date";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable" | "durable_unavailable" | "qdrant_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    list_libraries: {
        parameters: {
            query?: {
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Libraries within the caller's reach */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "5091a3f4-8387-5283-bfbf-c4303122ac42",
                     *           "name": "Shared Documents",
                     *           "library_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents",
                     *           "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *           "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
                     *           "scope_rules": [
                     *             {
                     *               "path_prefix": "/Policies/Germany",
                     *               "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *               "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
                     *             }
                     *           ],
                     *           "enabled": true,
                     *           "status": "idle",
                     *           "relabelling": false,
                     *           "error_message": null,
                     *           "notice": null,
                     *           "last_sync_at": "2026-03-02T09:30:00Z",
                     *           "created_at": "2026-03-02T09:30:00Z"
                     *         }
                     *       ],
                     *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
                     *     }
                     */
                    "application/json": components["schemas"]["PageOfLibraryView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    create_library: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "library_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents",
                 *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                 *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
                 *       "enabled": true,
                 *       "scope_rules": []
                 *     }
                 */
                "application/json": components["schemas"]["NewLibrary"];
            };
        };
        responses: {
            /** @description Puts a SharePoint library under Nexus' care, once its preflight is passed */
            201: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "5091a3f4-8387-5283-bfbf-c4303122ac42",
                     *       "name": "Shared Documents",
                     *       "library_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents",
                     *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
                     *       "scope_rules": [
                     *         {
                     *           "path_prefix": "/Policies/Germany",
                     *           "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *           "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
                     *         }
                     *       ],
                     *       "enabled": true,
                     *       "status": "idle",
                     *       "relabelling": false,
                     *       "error_message": null,
                     *       "notice": null,
                     *       "last_sync_at": "2026-03-02T09:30:00Z",
                     *       "created_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["LibraryView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "library_not_found" | "scope_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "library_exists" | "library_removing" | "permission_missing";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off" | "library_url_malformed" | "scope_rules_invalid" | "department_not_found" | "country_not_found";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable" | "graph_unavailable" | "entra_unavailable" | "throttled";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    get_library: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A library; in a list, only what belongs to it
                 * @example 6ed8b1e4-5372-5aaf-9af6-06eb569c1688
                 */
                library_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One library */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "5091a3f4-8387-5283-bfbf-c4303122ac42",
                     *       "name": "Shared Documents",
                     *       "library_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents",
                     *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
                     *       "scope_rules": [
                     *         {
                     *           "path_prefix": "/Policies/Germany",
                     *           "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *           "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
                     *         }
                     *       ],
                     *       "enabled": true,
                     *       "status": "idle",
                     *       "relabelling": false,
                     *       "error_message": null,
                     *       "notice": null,
                     *       "last_sync_at": "2026-03-02T09:30:00Z",
                     *       "created_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["LibraryView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "library_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    remove_library: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A library; in a list, only what belongs to it
                 * @example 6ed8b1e4-5372-5aaf-9af6-06eb569c1688
                 */
                library_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Takes a library out of Nexus: its passages go, then all that is known of it */
            202: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "5091a3f4-8387-5283-bfbf-c4303122ac42",
                     *       "name": "Shared Documents",
                     *       "library_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents",
                     *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
                     *       "scope_rules": [
                     *         {
                     *           "path_prefix": "/Policies/Germany",
                     *           "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *           "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
                     *         }
                     *       ],
                     *       "enabled": true,
                     *       "status": "idle",
                     *       "relabelling": false,
                     *       "error_message": null,
                     *       "notice": null,
                     *       "last_sync_at": "2026-03-02T09:30:00Z",
                     *       "created_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["LibraryView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "library_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable" | "durable_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    change_library: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A library; in a list, only what belongs to it
                 * @example 6ed8b1e4-5372-5aaf-9af6-06eb569c1688
                 */
                library_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                 *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
                 *       "enabled": true,
                 *       "scope_rules": [
                 *         {
                 *           "path_prefix": "/Policies/Germany",
                 *           "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                 *           "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["LibraryChange"];
            };
        };
        responses: {
            /** @description Changes a library's scope and folder rules, pauses or resumes it; carried out at once, without reading a file */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "5091a3f4-8387-5283-bfbf-c4303122ac42",
                     *       "name": "Shared Documents",
                     *       "library_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents",
                     *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
                     *       "scope_rules": [
                     *         {
                     *           "path_prefix": "/Policies/Germany",
                     *           "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                     *           "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6"
                     *         }
                     *       ],
                     *       "enabled": true,
                     *       "status": "idle",
                     *       "relabelling": false,
                     *       "error_message": null,
                     *       "notice": null,
                     *       "last_sync_at": "2026-03-02T09:30:00Z",
                     *       "created_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["LibraryView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "library_not_found" | "scope_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "library_removing";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off" | "scope_rules_invalid" | "department_not_found" | "country_not_found";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable" | "durable_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    preflight_known_library: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A library; in a list, only what belongs to it
                 * @example 6ed8b1e4-5372-5aaf-9af6-06eb569c1688
                 */
                library_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Whether Nexus can read the library now, and what an administrator must do where not */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ready": true,
                     *       "checks": [
                     *         {
                     *           "check": "permission",
                     *           "ok": true,
                     *           "detail": "Nexus may read this site."
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["PreflightView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "library_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable" | "graph_unavailable" | "entra_unavailable" | "throttled";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    sync_library_now: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A library; in a list, only what belongs to it
                 * @example 6ed8b1e4-5372-5aaf-9af6-06eb569c1688
                 */
                library_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "full": false,
                 *       "confirm_removals": false
                 *     }
                 */
                "application/json": components["schemas"]["SyncRequest"];
            };
        };
        responses: {
            /** @description Starts a sync, or joins the one that is running */
            202: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "f5990b93-50bf-5ee1-880d-b55eec70fa53",
                     *       "library_id": "6ed8b1e4-5372-5aaf-9af6-06eb569c1688",
                     *       "status": "complete",
                     *       "trigger": "timer",
                     *       "is_full": false,
                     *       "seen": 1204,
                     *       "added": 12,
                     *       "changed": 7,
                     *       "moved": 1,
                     *       "deleted": 3,
                     *       "unchanged": 1181,
                     *       "skipped": 17,
                     *       "failed": 2,
                     *       "reasons": {
                     *         "encrypted": 2
                     *       },
                     *       "pages": 7,
                     *       "passages": 61,
                     *       "embed_tokens": 48210,
                     *       "duration_s": 74.2,
                     *       "graph_s": 3.1,
                     *       "download_s": 22.8,
                     *       "extract_s": 31.5,
                     *       "embed_s": 9.4,
                     *       "store_s": 4.9,
                     *       "throttled_s": 0,
                     *       "error_message": null,
                     *       "notice": null,
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "started_at": "2026-03-02T09:30:00Z",
                     *       "finished_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["SyncRunView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "library_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "library_paused" | "library_removing" | "sync_just_ended";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable" | "durable_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    preflight_library: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "library_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents"
                 *     }
                 */
                "application/json": components["schemas"]["PreflightRequest"];
            };
        };
        responses: {
            /** @description Whether Nexus could read the library at an address, and what an administrator must do where not */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ready": true,
                     *       "checks": [
                     *         {
                     *           "check": "permission",
                     *           "ok": true,
                     *           "detail": "Nexus may read this site."
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["PreflightView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off" | "library_url_malformed";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable" | "graph_unavailable" | "entra_unavailable" | "throttled";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    list_prompts: {
        parameters: {
            query?: {
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description Only of this mode
                 * @example rag
                 */
                mode?: components["schemas"]["Mode"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The versions of the prompts, newest first */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "008ad44a-8afc-5840-b864-6772d165f15f",
                     *           "mode": "rag",
                     *           "prompt_text": "You answer from the numbered passages only. {citation_rule}",
                     *           "is_active": true,
                     *           "author": {
                     *             "id": "b45a11b7-42c4-588d-a140-e9d45b8330ee",
                     *             "display_name": "Alice Meyer"
                     *           },
                     *           "created_at": "2026-03-02T09:30:00Z"
                     *         }
                     *       ],
                     *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
                     *     }
                     */
                    "application/json": components["schemas"]["PageOfPromptView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    create_prompt: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "mode": "rag",
                 *       "prompt_text": "You answer from the numbered passages only. {citation_rule}",
                 *       "is_active": true
                 *     }
                 */
                "application/json": components["schemas"]["NewPrompt"];
            };
        };
        responses: {
            /** @description Adds a version, which serves at once unless it says otherwise */
            201: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "008ad44a-8afc-5840-b864-6772d165f15f",
                     *       "mode": "rag",
                     *       "prompt_text": "You answer from the numbered passages only. {citation_rule}",
                     *       "is_active": true,
                     *       "author": {
                     *         "id": "b45a11b7-42c4-588d-a140-e9d45b8330ee",
                     *         "display_name": "Alice Meyer"
                     *       },
                     *       "created_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["PromptView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off" | "prompt_placeholders";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    delete_prompt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A version of a mode's prompt
                 * @example b1b5a7f7-0106-5f93-a287-9a3009d0ca5d
                 */
                prompt_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deletes a version that is not the active one; the audit log keeps its text */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "prompt_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "prompt_active";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    activate_prompt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A version of a mode's prompt
                 * @example b1b5a7f7-0106-5f93-a287-9a3009d0ca5d
                 */
                prompt_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Lets a version serve: the way back to an older one */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "008ad44a-8afc-5840-b864-6772d165f15f",
                     *       "mode": "rag",
                     *       "prompt_text": "You answer from the numbered passages only. {citation_rule}",
                     *       "is_active": true,
                     *       "author": {
                     *         "id": "b45a11b7-42c4-588d-a140-e9d45b8330ee",
                     *         "display_name": "Alice Meyer"
                     *       },
                     *       "created_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["PromptView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "prompt_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "prompt_outdated";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    diff_prompt: {
        parameters: {
            query?: {
                /**
                 * @description An older version of the same mode; left out, the one before
                 * @example fdc74620-3cb7-501a-a52e-e68aa4744067
                 */
                against?: string;
            };
            header?: never;
            path: {
                /**
                 * @description A version of a mode's prompt
                 * @example b1b5a7f7-0106-5f93-a287-9a3009d0ca5d
                 */
                prompt_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What a version changed, line by line, against another one of its mode */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "prompt_id": "b1b5a7f7-0106-5f93-a287-9a3009d0ca5d",
                     *       "against": "fdc74620-3cb7-501a-a52e-e68aa4744067",
                     *       "added": 1,
                     *       "removed": 0,
                     *       "lines": [
                     *         {
                     *           "change": "added",
                     *           "old_number": null,
                     *           "new_number": 2,
                     *           "text": "Answer in the language of the question."
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["PromptDiff"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "prompt_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "prompt_of_another_mode";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    list_prompt_defaults: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The product's own prompt of each mode, and the placeholders that prompts may hold */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "mode": "rag",
                     *           "prompt_text": "You answer from the numbered passages only. {citation_rule}",
                     *           "active_id": "4fe4af2b-8ad9-53f4-9b8e-3c5c974c8086",
                     *           "placeholders": [
                     *             {
                     *               "name": "citation_rule",
                     *               "meaning": "How passages are cited. Without it answers have no sources.",
                     *               "required": true
                     *             }
                     *           ]
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["PromptDefaults"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    list_providers: {
        parameters: {
            query?: {
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description Only of this mode
                 * @example rag
                 */
                mode?: components["schemas"]["Mode"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Providers by mode, in the order of asking: the active one, the fallbacks, those that are not asked */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "faf962f6-f446-56b3-910b-c7f449b2b3d8",
                     *           "mode": "rag",
                     *           "provider": "azure",
                     *           "model_name": "gpt-4.1",
                     *           "endpoint": "https://contoso.openai.azure.com",
                     *           "api_key_env_var": "AZURE_OPENAI_API_KEY",
                     *           "is_key_set": true,
                     *           "is_active": true,
                     *           "fallback_order": 1,
                     *           "input_price_per_mtok": 2,
                     *           "output_price_per_mtok": 8,
                     *           "updated_at": "2026-03-02T09:30:00Z"
                     *         }
                     *       ],
                     *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
                     *     }
                     */
                    "application/json": components["schemas"]["PageOfProviderView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    create_provider: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "mode": "rag",
                 *       "provider": "azure",
                 *       "model_name": "gpt-4.1",
                 *       "endpoint": "https://contoso.openai.azure.com",
                 *       "api_key_env_var": "AZURE_OPENAI_API_KEY",
                 *       "is_active": true,
                 *       "fallback_order": 1,
                 *       "input_price_per_mtok": 2,
                 *       "output_price_per_mtok": 8
                 *     }
                 */
                "application/json": components["schemas"]["NewProvider"];
            };
        };
        responses: {
            /** @description Adds a provider to a mode; an active one takes the place of the one that was */
            201: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "faf962f6-f446-56b3-910b-c7f449b2b3d8",
                     *       "mode": "rag",
                     *       "provider": "azure",
                     *       "model_name": "gpt-4.1",
                     *       "endpoint": "https://contoso.openai.azure.com",
                     *       "api_key_env_var": "AZURE_OPENAI_API_KEY",
                     *       "is_key_set": true,
                     *       "is_active": true,
                     *       "fallback_order": 1,
                     *       "input_price_per_mtok": 2,
                     *       "output_price_per_mtok": 8,
                     *       "updated_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ProviderView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "fallback_order_taken";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off" | "provider_invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    delete_provider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A provider
                 * @example c215844e-afee-5edb-b713-5052ceb18934
                 */
                provider_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deletes a provider that is not the active one */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "provider_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "provider_active";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    change_provider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A provider
                 * @example c215844e-afee-5edb-b713-5052ceb18934
                 */
                provider_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "provider": "anthropic",
                 *       "model_name": "gpt-4.1",
                 *       "endpoint": "https://contoso.openai.azure.com",
                 *       "api_key_env_var": "AZURE_OPENAI_API_KEY",
                 *       "is_active": true,
                 *       "fallback_order": 1,
                 *       "input_price_per_mtok": 2,
                 *       "output_price_per_mtok": 8
                 *     }
                 */
                "application/json": components["schemas"]["ProviderChange"];
            };
        };
        responses: {
            /** @description Changes a provider; activating it deactivates the one that was active */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "faf962f6-f446-56b3-910b-c7f449b2b3d8",
                     *       "mode": "rag",
                     *       "provider": "azure",
                     *       "model_name": "gpt-4.1",
                     *       "endpoint": "https://contoso.openai.azure.com",
                     *       "api_key_env_var": "AZURE_OPENAI_API_KEY",
                     *       "is_key_set": true,
                     *       "is_active": true,
                     *       "fallback_order": 1,
                     *       "input_price_per_mtok": 2,
                     *       "output_price_per_mtok": 8,
                     *       "updated_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ProviderView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "provider_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "fallback_order_taken";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off" | "provider_invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    try_provider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A provider
                 * @example c215844e-afee-5edb-b713-5052ceb18934
                 */
                provider_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Asks a provider for one sentence, as a question would, and says what came or what is wrong */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": true,
                     *       "latency_ms": 910,
                     *       "first_token_ms": 640,
                     *       "reply": "I am ready.",
                     *       "finish_reason": "stop",
                     *       "input_tokens": 27,
                     *       "output_tokens": 5,
                     *       "code": null,
                     *       "detail": null
                     *     }
                     */
                    "application/json": components["schemas"]["TrialView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "provider_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    default_provider: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What serves a mode without an active provider, and the hosts where providers may be */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "provider": "anthropic",
                     *       "model_name": "gpt-4.1",
                     *       "endpoint": "https://contoso.openai.azure.com",
                     *       "api_key_env_var": "AZURE_OPENAI_API_KEY",
                     *       "is_key_set": true,
                     *       "allowed_hosts": [
                     *         "openai.azure.com",
                     *         "api.openai.com"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["DefaultProvider"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    get_retention: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many days messages, feedback and audit log are kept; null is for ever */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "messages_days": 365,
                     *       "feedback_days": null,
                     *       "audit_days": 730,
                     *       "updated_by": "bc3bccba-fe29-519f-91cc-6fa321af1cce",
                     *       "updated_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["RetentionView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    set_retention: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "messages_days": 365,
                 *       "feedback_days": null,
                 *       "audit_days": 730
                 *     }
                 */
                "application/json": components["schemas"]["RetentionSettings"];
            };
        };
        responses: {
            /** @description Sets how long things are kept; what is older goes within the hours that follow */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "messages_days": 365,
                     *       "feedback_days": null,
                     *       "audit_days": 730,
                     *       "updated_by": "bc3bccba-fe29-519f-91cc-6fa321af1cce",
                     *       "updated_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["RetentionView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    list_sync_runs: {
        parameters: {
            query?: {
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description A library; in a list, only what belongs to it
                 * @example 6ed8b1e4-5372-5aaf-9af6-06eb569c1688
                 */
                library_id?: string;
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Sync runs, newest first */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "f5990b93-50bf-5ee1-880d-b55eec70fa53",
                     *           "library_id": "6ed8b1e4-5372-5aaf-9af6-06eb569c1688",
                     *           "status": "complete",
                     *           "trigger": "timer",
                     *           "is_full": false,
                     *           "seen": 1204,
                     *           "added": 12,
                     *           "changed": 7,
                     *           "moved": 1,
                     *           "deleted": 3,
                     *           "unchanged": 1181,
                     *           "skipped": 17,
                     *           "failed": 2,
                     *           "reasons": {
                     *             "encrypted": 2
                     *           },
                     *           "pages": 7,
                     *           "passages": 61,
                     *           "embed_tokens": 48210,
                     *           "duration_s": 74.2,
                     *           "graph_s": 3.1,
                     *           "download_s": 22.8,
                     *           "extract_s": 31.5,
                     *           "embed_s": 9.4,
                     *           "store_s": 4.9,
                     *           "throttled_s": 0,
                     *           "error_message": null,
                     *           "notice": null,
                     *           "created_at": "2026-03-02T09:30:00Z",
                     *           "started_at": "2026-03-02T09:30:00Z",
                     *           "finished_at": "2026-03-02T09:30:00Z"
                     *         }
                     *       ],
                     *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
                     *     }
                     */
                    "application/json": components["schemas"]["PageOfSyncRunView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    get_sync_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A run of one of the caller's conversations, or of a library's sync
                 * @example 52268001-b9eb-5398-8f70-b37f9bfa6f73
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One sync run, live while it goes */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "f5990b93-50bf-5ee1-880d-b55eec70fa53",
                     *       "library_id": "6ed8b1e4-5372-5aaf-9af6-06eb569c1688",
                     *       "status": "complete",
                     *       "trigger": "timer",
                     *       "is_full": false,
                     *       "seen": 1204,
                     *       "added": 12,
                     *       "changed": 7,
                     *       "moved": 1,
                     *       "deleted": 3,
                     *       "unchanged": 1181,
                     *       "skipped": 17,
                     *       "failed": 2,
                     *       "reasons": {
                     *         "encrypted": 2
                     *       },
                     *       "pages": 7,
                     *       "passages": 61,
                     *       "embed_tokens": 48210,
                     *       "duration_s": 74.2,
                     *       "graph_s": 3.1,
                     *       "download_s": 22.8,
                     *       "extract_s": 31.5,
                     *       "embed_s": 9.4,
                     *       "store_s": 4.9,
                     *       "throttled_s": 0,
                     *       "error_message": null,
                     *       "notice": null,
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "started_at": "2026-03-02T09:30:00Z",
                     *       "finished_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["SyncRunView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "sync_run_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    watch_sync_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A run of one of the caller's conversations, or of a library's sync
                 * @example 52268001-b9eb-5398-8f70-b37f9bfa6f73
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events as they happen */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example id: f5990b93-50bf-5ee1-880d-b55eec70fa53:1
                     *     data: {"id": "f5990b93-50bf-5ee1-880d-b55eec70fa53", "library_id": "6ed8b1e4-5372-5aaf-9af6-06eb569c1688", "status": "complete", "trigger": "timer", "is_full": false, "seen": 1204, "added": 12, "changed": 7, "moved": 1, "deleted": 3, "unchanged": 1181, "skipped": 17, "failed": 2, "reasons": {"encrypted": 2}, "pages": 7, "passages": 61, "embed_tokens": 48210, "duration_s": 74.2, "graph_s": 3.1, "download_s": 22.8, "extract_s": 31.5, "embed_s": 9.4, "store_s": 4.9, "throttled_s": 0.0, "error_message": null, "notice": null, "created_at": "2026-03-02T09:30:00Z", "started_at": "2026-03-02T09:30:00Z", "finished_at": "2026-03-02T09:30:00Z"}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "sync_run_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited" | "too_many_streams";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    list_users: {
        parameters: {
            query?: {
                /**
                 * @description A country; in a list, only what belongs to it
                 * @example f933cc70-01f7-5e0d-98ca-e68c3a8609a6
                 */
                country_id?: string;
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description A department; in a list, only what belongs to it
                 * @example 08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f
                 */
                department_id?: string;
                /**
                 * @description Only those that are active, or only those that are not
                 * @example true
                 */
                is_active?: boolean;
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description Found in the name or the e-mail address
                 * @example leave
                 */
                q?: string;
                /**
                 * @description Only users with this role
                 * @example content_manager
                 */
                role?: components["schemas"]["Role"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Users by name, searched and filtered */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "5d5460b7-f27f-5f95-be7d-dd2a85066495",
                     *           "email": "alice@northwind.example",
                     *           "display_name": "Alice Meyer",
                     *           "role": "content_manager",
                     *           "is_active": true,
                     *           "department": {
                     *             "id": "e50452c6-01b2-599c-aa17-a94108de6707",
                     *             "name": "Human Resources"
                     *           },
                     *           "country": {
                     *             "id": "a7998de0-b3e2-5b0d-a7d0-5deebf276169",
                     *             "code": "DE",
                     *             "name": "Human Resources"
                     *           },
                     *           "created_at": "2026-03-02T09:30:00Z",
                     *           "last_login_at": "2026-03-02T09:30:00Z"
                     *         }
                     *       ],
                     *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
                     *     }
                     */
                    "application/json": components["schemas"]["PageOfUserView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    change_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A user
                 * @example 3254d51f-5db3-53b6-b113-5dd3cbcdfbaa
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "role": "content_manager",
                 *       "department_id": "08dd508e-a1b5-5bd6-9b00-4ae894ab1d2f",
                 *       "country_id": "f933cc70-01f7-5e0d-98ca-e68c3a8609a6",
                 *       "is_active": true
                 *     }
                 */
                "application/json": components["schemas"]["UserChange"];
            };
        };
        responses: {
            /** @description Changes a user's role, scope or activity */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "5d5460b7-f27f-5f95-be7d-dd2a85066495",
                     *       "email": "alice@northwind.example",
                     *       "display_name": "Alice Meyer",
                     *       "role": "content_manager",
                     *       "is_active": true,
                     *       "department": {
                     *         "id": "e50452c6-01b2-599c-aa17-a94108de6707",
                     *         "name": "Human Resources"
                     *       },
                     *       "country": {
                     *         "id": "a7998de0-b3e2-5b0d-a7d0-5deebf276169",
                     *         "code": "DE",
                     *         "name": "Human Resources"
                     *       },
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "last_login_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["UserView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "user_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "last_super_admin";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off" | "department_not_found" | "country_not_found";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    get_user_budget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A user
                 * @example 3254d51f-5db3-53b6-b113-5dd3cbcdfbaa
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A user's daily budget and what of it is used */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "limit": 20,
                     *       "is_default": false,
                     *       "used": 18450,
                     *       "remaining": 181550,
                     *       "resets_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["BudgetView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "user_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    set_user_budget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A user
                 * @example 3254d51f-5db3-53b6-b113-5dd3cbcdfbaa
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "daily_tokens": 200000
                 *     }
                 */
                "application/json": components["schemas"]["BudgetChange"];
            };
        };
        responses: {
            /** @description Gives a user a daily budget of their own */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "limit": 20,
                     *       "is_default": false,
                     *       "used": 18450,
                     *       "remaining": 181550,
                     *       "resets_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["BudgetView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "user_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    drop_user_budget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A user
                 * @example 3254d51f-5db3-53b6-b113-5dd3cbcdfbaa
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Takes a user's own budget away: the default holds again */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "user_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    forget_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A user
                 * @example 3254d51f-5db3-53b6-b113-5dd3cbcdfbaa
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Forgets a person: their name is gone when this returns, all else of theirs within minutes */
            202: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "b4aebc53-6f47-5fa2-bece-636c34febafe",
                     *       "user_id": "3254d51f-5db3-53b6-b113-5dd3cbcdfbaa",
                     *       "requested_by": "fa148698-5454-5a5f-b58f-77f13fd5cbe2",
                     *       "status": "done",
                     *       "erased": {
                     *         "conversations": 12,
                     *         "messages": 64,
                     *         "feedback": 3,
                     *         "notebook_sessions": 1,
                     *         "files": 2,
                     *         "eval_cases": 0
                     *       },
                     *       "anonymised": {
                     *         "audit_entries": 4,
                     *         "prompts": 0,
                     *         "sync_runs": 0,
                     *         "reviews": 0,
                     *         "usage_people": 1
                     *       },
                     *       "problem": null,
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "finished_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ForgetJobView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "user_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "own_account" | "last_super_admin";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    revoke_user_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A user
                 * @example 3254d51f-5db3-53b6-b113-5dd3cbcdfbaa
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ends all sessions of a user; access tokens still live out their 15 minutes */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forbidden";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "user_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    auth_config: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the sign-in page needs to start */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "authority": "https://login.microsoftonline.com/5b0f7c2e-3f0e-4f0f-9a58-0f4a1c1b7d11",
                     *       "client_id": "9e2d1a34-7a55-4c0e-8d0e-6a2c3b4d5e6f",
                     *       "scopes": [
                     *         "openid",
                     *         "profile",
                     *         "email"
                     *       ],
                     *       "redirect_uri": "https://app.corp.example/auth/callback"
                     *     }
                     */
                    "application/json": components["schemas"]["AuthConfig"];
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    auth_login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "0.AXkA-code-from-Entra",
                 *       "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                 *       "redirect_uri": "https://app.corp.example/auth/callback",
                 *       "nonce": "n-0S6_WzA2Mj",
                 *       "token_transport": "body"
                 *     }
                 */
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            /** @description Exchanges an authorization code for a session */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl",
                     *       "token_type": "Bearer",
                     *       "expires_in": 900,
                     *       "user": {
                     *         "id": "5d5460b7-f27f-5f95-be7d-dd2a85066495",
                     *         "email": "alice@northwind.example",
                     *         "display_name": "Alice Meyer",
                     *         "role": "content_manager",
                     *         "is_active": true,
                     *         "department": {
                     *           "id": "e50452c6-01b2-599c-aa17-a94108de6707",
                     *           "name": "Human Resources"
                     *         },
                     *         "country": {
                     *           "id": "a7998de0-b3e2-5b0d-a7d0-5deebf276169",
                     *           "code": "DE",
                     *           "name": "Human Resources"
                     *         },
                     *         "created_at": "2026-03-02T09:30:00Z",
                     *         "last_login_at": "2026-03-02T09:30:00Z"
                     *       },
                     *       "refresh_token": "Rt8mE2o9rQ0xk1Yb5uVdJc7hTgLz4sNwPqAiXf6"
                     *     }
                     */
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "sign_in_refused";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "origin_not_allowed";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description Another media type is needed */
            415: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unsupported_type";
                        /** @constant */
                        status?: 415;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable" | "entra_unavailable" | "graph_unavailable" | "throttled";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    auth_logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ends the session that the access token came from */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "origin_not_allowed";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    auth_logout_all: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signs out everywhere: ends all sessions of the caller */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "origin_not_allowed";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "user_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    auth_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The signed-in user, with what is left of today's budget */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0aa54bf1-564e-5a77-8080-9c9c61a36628",
                     *       "email": "alice@northwind.example",
                     *       "display_name": "Alice Meyer",
                     *       "role": "content_manager",
                     *       "is_active": true,
                     *       "department": {
                     *         "id": "e50452c6-01b2-599c-aa17-a94108de6707",
                     *         "name": "Human Resources"
                     *       },
                     *       "country": {
                     *         "id": "a7998de0-b3e2-5b0d-a7d0-5deebf276169",
                     *         "code": "DE",
                     *         "name": "Human Resources"
                     *       },
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "last_login_at": "2026-03-02T09:30:00Z",
                     *       "budget": {
                     *         "subject": "department",
                     *         "limit": 20,
                     *         "used": 18450,
                     *         "remaining": 181550,
                     *         "resets_at": "2026-03-02T09:30:00Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["MeView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "user_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    auth_refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /** @example {} */
                "application/json": components["schemas"]["Refresh"];
            };
        };
        responses: {
            /** @description Exchanges a refresh token, from the cookie or the body, for its successor and a new access token */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl",
                     *       "token_type": "Bearer",
                     *       "expires_in": 900,
                     *       "user": {
                     *         "id": "5d5460b7-f27f-5f95-be7d-dd2a85066495",
                     *         "email": "alice@northwind.example",
                     *         "display_name": "Alice Meyer",
                     *         "role": "content_manager",
                     *         "is_active": true,
                     *         "department": {
                     *           "id": "e50452c6-01b2-599c-aa17-a94108de6707",
                     *           "name": "Human Resources"
                     *         },
                     *         "country": {
                     *           "id": "a7998de0-b3e2-5b0d-a7d0-5deebf276169",
                     *           "code": "DE",
                     *           "name": "Human Resources"
                     *         },
                     *         "created_at": "2026-03-02T09:30:00Z",
                     *         "last_login_at": "2026-03-02T09:30:00Z"
                     *       },
                     *       "refresh_token": "Rt8mE2o9rQ0xk1Yb5uVdJc7hTgLz4sNwPqAiXf6"
                     *     }
                     */
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "session_ended" | "refresh_reused";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description The caller's role, or the page's origin, does not allow it */
            403: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "origin_not_allowed";
                        /** @constant */
                        status?: 403;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description Another media type is needed */
            415: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unsupported_type";
                        /** @constant */
                        status?: 415;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    cancel_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A run of one of the caller's conversations, or of a library's sync
                 * @example 52268001-b9eb-5398-8f70-b37f9bfa6f73
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Stops a run; what was written is kept */
            202: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "run_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    chat_stream: {
        parameters: {
            query: {
                /**
                 * @description One of the caller's conversations
                 * @example 297886dd-0f73-577d-8cfb-9472184b1031
                 */
                conversation_id: string;
                /**
                 * @description From POST /api/chat/tickets, in place of the Authorization header
                 * @example pX2vR9kQ7sT4wZ1m
                 */
                ticket?: string;
            };
            header?: {
                /**
                 * @description The id of the last event that was read, as <run_id>:<seq>; the answer goes on after it
                 * @example 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:12
                 */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events as they happen */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:1
                     *     event: meta
                     *     data: {"run_id":"3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e","conversation_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","user_message_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","message_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","mode":"rag","correlation_id":"0af7651916cd43dd8448eb211c80319c"}
                     *
                     *     id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:2
                     *     event: sources
                     *     data: {"sources":[{"n":1,"document_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","passage_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","file_name":"Policy_DE.pdf","file_url":"https://contoso.sharepoint.com/sites/hr/Policy_DE.pdf","page":7,"section":"3.2 Leave","snippet":"… up to 36 months …","score":0.83,"quotes":[]}]}
                     *
                     *     : ping
                     *
                     *     id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:3
                     *     data: {"token":"Up to 36 months"}
                     *
                     *     id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:4
                     *     data: {"token":" per child [1]."}
                     *
                     *     id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:5
                     *     event: title
                     *     data: {"title":"Parental leave"}
                     *
                     *     id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:6
                     *     data: {"done":true,"message_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","status":"complete","finish_reason":"stop","usage":{"input_tokens":1840,"output_tokens":9,"estimated":false,"side_input_tokens":0,"side_output_tokens":0,"cost":null},"provider":"OpenAI","model":"gpt-4.1","sources":[{"n":1,"document_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","passage_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","file_name":"Policy_DE.pdf","file_url":"https://contoso.sharepoint.com/sites/hr/Policy_DE.pdf","page":7,"section":"3.2 Leave","snippet":"… up to 36 months …","score":0.83,"quotes":[]}],"supported":true,"unsupported":[]}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "conversation_not_found" | "run_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited" | "too_many_streams" | "token_budget_spent";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    create_ticket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031"
                 *     }
                 */
                "application/json": components["schemas"]["TicketRequest"];
            };
        };
        responses: {
            /** @description A single-use ticket for EventSource, which cannot send a header */
            201: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ticket": "pX2vR9kQ7sT4wZ1m"
                     *     }
                     */
                    "application/json": components["schemas"]["TicketView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "conversation_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    list_conversations: {
        parameters: {
            query?: {
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description Only of this mode
                 * @example rag
                 */
                mode?: components["schemas"]["Mode"];
                /**
                 * @description Only those whose title or messages hold all these words
                 * @example leave
                 */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caller's conversations, newest first; with `q` those whose title or messages hold all its words */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "c579ed69-8e9e-5c42-8d32-20cf2d366aa3",
                     *           "mode": "rag",
                     *           "title": "Parental leave in Germany",
                     *           "created_at": "2026-03-02T09:30:00Z",
                     *           "updated_at": "2026-03-02T09:30:00Z",
                     *           "hit": {
                     *             "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
                     *             "snippet": "… employees may take up to 36 months …"
                     *           }
                     *         }
                     *       ],
                     *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
                     *     }
                     */
                    "application/json": components["schemas"]["PageOfListedConversation"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    create_conversation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "mode": "rag",
                 *       "title": "Parental leave in Germany"
                 *     }
                 */
                "application/json": components["schemas"]["NewConversation"];
            };
        };
        responses: {
            /** @description Starts a conversation */
            201: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "9a142ece-212c-533f-ad9d-517bb4a68320",
                     *       "mode": "rag",
                     *       "title": "Parental leave in Germany",
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "updated_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ConversationView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    get_conversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of the caller's conversations
                 * @example 297886dd-0f73-577d-8cfb-9472184b1031
                 */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A conversation with its messages, their sources and what the caller thought of them */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "cb171bf6-d265-5143-ba53-d9a2318b8e98",
                     *       "mode": "rag",
                     *       "title": "Parental leave in Germany",
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "updated_at": "2026-03-02T09:30:00Z",
                     *       "messages": [
                     *         {
                     *           "id": "de84e4bc-1ab4-548e-ad94-36cd60ecb3d4",
                     *           "role": "assistant",
                     *           "content": "Up to 36 months per child [1].",
                     *           "status": "complete",
                     *           "finish_reason": "stop",
                     *           "sources": [
                     *             {
                     *               "n": 1,
                     *               "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
                     *               "passage_id": "1cd59ae6-d458-51f3-9778-f5fdc6c0216d",
                     *               "file_name": "Policy_DE.pdf",
                     *               "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
                     *               "page": 7,
                     *               "section": "3.2 Parental leave",
                     *               "snippet": "Parental leave is taken on request. Employees may take up to 36 months for each child.",
                     *               "score": 0.83,
                     *               "quotes": [
                     *                 "Employees may take up to 36 months for each child."
                     *               ]
                     *             }
                     *           ],
                     *           "supported": true,
                     *           "unsupported": [],
                     *           "input_tokens": 1840,
                     *           "output_tokens": 212,
                     *           "usage_estimated": false,
                     *           "side_input_tokens": 96,
                     *           "side_output_tokens": 14,
                     *           "cost": 0.0054,
                     *           "provider": "OpenAI",
                     *           "model": "gpt-4.1",
                     *           "first_token_ms": 640,
                     *           "latency_ms": 3120,
                     *           "error": {
                     *             "code": "model_unavailable",
                     *             "title": "The language model could not answer",
                     *             "detail": "The model does not answer. Try again shortly.",
                     *             "correlation_id": "0af7651916cd43dd8448eb211c80319c"
                     *           },
                     *           "run_id": "52268001-b9eb-5398-8f70-b37f9bfa6f73",
                     *           "reply_to": "be783336-ff69-5812-b45b-6eaf81eca5a1",
                     *           "replaced_by": null,
                     *           "created_at": "2026-03-02T09:30:00Z",
                     *           "feedback": {
                     *             "id": "512a2e13-4a75-5d70-bc5c-7b93b05ec01e",
                     *             "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
                     *             "rating": "negative",
                     *             "comment": "The answer leaves out the rule for part-time work.",
                     *             "status": "pending",
                     *             "created_at": "2026-03-02T09:30:00Z",
                     *             "updated_at": "2026-03-02T09:30:00Z"
                     *           }
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ConversationWithMessages"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "conversation_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    delete_conversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of the caller's conversations
                 * @example 297886dd-0f73-577d-8cfb-9472184b1031
                 */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deletes a conversation with its messages */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "conversation_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    rename_conversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of the caller's conversations
                 * @example 297886dd-0f73-577d-8cfb-9472184b1031
                 */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "title": "Parental leave in Germany"
                 *     }
                 */
                "application/json": components["schemas"]["Renamed"];
            };
        };
        responses: {
            /** @description Gives a conversation a title */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "9a142ece-212c-533f-ad9d-517bb4a68320",
                     *       "mode": "rag",
                     *       "title": "Parental leave in Germany",
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "updated_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ConversationView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "conversation_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    export_conversation: {
        parameters: {
            query?: {
                /**
                 * @description What the file is to be
                 * @example json
                 */
                format?: "json" | "md";
            };
            header?: never;
            path: {
                /**
                 * @description One of the caller's conversations
                 * @example 297886dd-0f73-577d-8cfb-9472184b1031
                 */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A conversation as a file: Markdown for people, or JSON as the API gives it */
            200: {
                headers: {
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "cb171bf6-d265-5143-ba53-d9a2318b8e98",
                     *       "mode": "rag",
                     *       "title": "Parental leave in Germany",
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "updated_at": "2026-03-02T09:30:00Z",
                     *       "messages": [
                     *         {
                     *           "id": "de84e4bc-1ab4-548e-ad94-36cd60ecb3d4",
                     *           "role": "assistant",
                     *           "content": "Up to 36 months per child [1].",
                     *           "status": "complete",
                     *           "finish_reason": "stop",
                     *           "sources": [
                     *             {
                     *               "n": 1,
                     *               "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
                     *               "passage_id": "1cd59ae6-d458-51f3-9778-f5fdc6c0216d",
                     *               "file_name": "Policy_DE.pdf",
                     *               "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
                     *               "page": 7,
                     *               "section": "3.2 Parental leave",
                     *               "snippet": "Parental leave is taken on request. Employees may take up to 36 months for each child.",
                     *               "score": 0.83,
                     *               "quotes": [
                     *                 "Employees may take up to 36 months for each child."
                     *               ]
                     *             }
                     *           ],
                     *           "supported": true,
                     *           "unsupported": [],
                     *           "input_tokens": 1840,
                     *           "output_tokens": 212,
                     *           "usage_estimated": false,
                     *           "side_input_tokens": 96,
                     *           "side_output_tokens": 14,
                     *           "cost": 0.0054,
                     *           "provider": "OpenAI",
                     *           "model": "gpt-4.1",
                     *           "first_token_ms": 640,
                     *           "latency_ms": 3120,
                     *           "error": {
                     *             "code": "model_unavailable",
                     *             "title": "The language model could not answer",
                     *             "detail": "The model does not answer. Try again shortly.",
                     *             "correlation_id": "0af7651916cd43dd8448eb211c80319c"
                     *           },
                     *           "run_id": "52268001-b9eb-5398-8f70-b37f9bfa6f73",
                     *           "reply_to": "be783336-ff69-5812-b45b-6eaf81eca5a1",
                     *           "replaced_by": null,
                     *           "created_at": "2026-03-02T09:30:00Z",
                     *           "feedback": {
                     *             "id": "512a2e13-4a75-5d70-bc5c-7b93b05ec01e",
                     *             "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
                     *             "rating": "negative",
                     *             "comment": "The answer leaves out the rule for part-time work.",
                     *             "status": "pending",
                     *             "created_at": "2026-03-02T09:30:00Z",
                     *             "updated_at": "2026-03-02T09:30:00Z"
                     *           }
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ConversationWithMessages"];
                    /**
                     * @example # Parental leave
                     *
                     *     **You**
                     *
                     *     How long?
                     *
                     *     **Nexus**
                     *
                     *     Up to 36 months [1].
                     */
                    "text/markdown": string;
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "conversation_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    ask: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 200 characters; the same one again brings the same question's answer
                 * @example 4f1c2d9a-question-1
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description One of the caller's conversations
                 * @example 297886dd-0f73-577d-8cfb-9472184b1031
                 */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "content": "How long is parental leave in Germany?"
                 *     }
                 */
                "application/json": components["schemas"]["NewMessage"];
            };
        };
        responses: {
            /** @description The events as they happen */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:1
                     *     event: meta
                     *     data: {"run_id":"3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e","conversation_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","user_message_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","message_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","mode":"rag","correlation_id":"0af7651916cd43dd8448eb211c80319c"}
                     *
                     *     id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:2
                     *     event: sources
                     *     data: {"sources":[{"n":1,"document_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","passage_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","file_name":"Policy_DE.pdf","file_url":"https://contoso.sharepoint.com/sites/hr/Policy_DE.pdf","page":7,"section":"3.2 Leave","snippet":"… up to 36 months …","score":0.83,"quotes":[]}]}
                     *
                     *     : ping
                     *
                     *     id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:3
                     *     data: {"token":"Up to 36 months"}
                     *
                     *     id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:4
                     *     data: {"token":" per child [1]."}
                     *
                     *     id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:5
                     *     event: title
                     *     data: {"title":"Parental leave"}
                     *
                     *     id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:6
                     *     data: {"done":true,"message_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","status":"complete","finish_reason":"stop","usage":{"input_tokens":1840,"output_tokens":9,"estimated":false,"side_input_tokens":0,"side_output_tokens":0,"cost":null},"provider":"OpenAI","model":"gpt-4.1","sources":[{"n":1,"document_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","passage_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","file_name":"Policy_DE.pdf","file_url":"https://contoso.sharepoint.com/sites/hr/Policy_DE.pdf","page":7,"section":"3.2 Leave","snippet":"… up to 36 months …","score":0.83,"quotes":[]}],"supported":true,"unsupported":[]}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description Accepted; the run starts when its stream is opened */
            202: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "run_id": "52268001-b9eb-5398-8f70-b37f9bfa6f73",
                     *       "user_message_id": "709f9877-a106-5ba3-bfb0-3dced3ae0538",
                     *       "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06"
                     *     }
                     */
                    "application/json": components["schemas"]["RunAccepted"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "conversation_not_found" | "message_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "not_the_last_answer" | "answer_unfinished";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off" | "idempotency_key_malformed" | "content_differs";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited" | "too_many_streams" | "token_budget_spent";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    docs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description This description as a page */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /** @example <!doctype html><title>Nexus API</title> */
                    "text/html": string;
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
        };
    };
    docs_start: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page's own script */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /** @example SwaggerUIBundle({ url: '/api/openapi.json' }); */
                    "text/javascript": string;
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
        };
    };
    docs_script: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What renders the page: Swagger UI */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /** @example SwaggerUIBundle({ url: '/api/openapi.json' }); */
                    "text/javascript": string;
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    docs_style: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The style sheet of Swagger UI */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /** @example .swagger-ui { color: #3b4151 } */
                    "text/css": string;
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    get_document: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A document
                 * @example cc079fe3-525b-5978-82e1-7121271845bb
                 */
                document_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A document's metadata and its address in SharePoint, if the caller may read it */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "e43d1475-f0f6-5c7d-b83e-e37d07b6e99a",
                     *       "file_name": "Policy_DE.pdf",
                     *       "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
                     *       "file_type": "pdf",
                     *       "title": "Parental leave in Germany",
                     *       "page_count": 24,
                     *       "language": "de",
                     *       "last_modified": "2026-03-02T09:30:00Z",
                     *       "ingested_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["DocumentView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "document_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    health_live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The process answers */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok"
                     *     }
                     */
                    "application/json": components["schemas"]["Live"];
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
        };
    };
    health_ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Everything that chat needs answers */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok",
                     *       "checks": {
                     *         "postgres": "ok",
                     *         "redis": "ok",
                     *         "qdrant": "ok",
                     *         "blob": "ok"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description Something that chat needs does not answer */
            503: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok",
                     *       "checks": {
                     *         "postgres": "ok",
                     *         "redis": "ok",
                     *         "qdrant": "ok",
                     *         "blob": "ok"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Ready"];
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    give_feedback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description An answer in one of the caller's conversations
                 * @example 9f9fb872-2306-56b7-98fe-538116fc0c06
                 */
                message_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "rating": "negative",
                 *       "comment": "The answer leaves out the rule for part-time work."
                 *     }
                 */
                "application/json": components["schemas"]["NewFeedback"];
            };
        };
        responses: {
            /** @description Rates an answer of an own conversation; a second rating replaces the first */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "512a2e13-4a75-5d70-bc5c-7b93b05ec01e",
                     *       "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06",
                     *       "rating": "negative",
                     *       "comment": "The answer leaves out the rule for part-time work.",
                     *       "status": "pending",
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "updated_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["FeedbackView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "message_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "not_an_answer" | "answer_unfinished";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    take_feedback_back: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description An answer in one of the caller's conversations
                 * @example 9f9fb872-2306-56b7-98fe-538116fc0c06
                 */
                message_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Takes a rating back */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "message_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    get_notebook_limits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many files and bytes a notebook session and a person may hold */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "file_bytes": 52428800,
                     *       "files_per_session": 20,
                     *       "sessions_per_user": 50,
                     *       "bytes_per_user": 2147483648,
                     *       "life_hours": 24
                     *     }
                     */
                    "application/json": components["schemas"]["LimitsView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    list_notebook_sessions: {
        parameters: {
            query?: {
                /**
                 * @description `next_cursor` of the page before; left out for the first page
                 * @example WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd
                 */
                cursor?: string;
                /**
                 * @description At most so many of them
                 * @example 20
                 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caller's notebook sessions, newest first, with the time left */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "5a5bf763-d154-5251-aee3-c7369ef563fc",
                     *           "title": "Parental leave in Germany",
                     *           "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031",
                     *           "is_pinned": false,
                     *           "expires_at": "2026-03-02T09:30:00Z",
                     *           "seconds_left": 71200,
                     *           "created_at": "2026-03-02T09:30:00Z",
                     *           "file_count": 3
                     *         }
                     *       ],
                     *       "next_cursor": "WyIyMDI2LTAzLTAyVDA5OjMwOjAwWiJd"
                     *     }
                     */
                    "application/json": components["schemas"]["PageOfNotebookSessionView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    create_notebook_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "title": "Parental leave in Germany"
                 *     }
                 */
                "application/json": components["schemas"]["NewNotebookSession"];
            };
        };
        responses: {
            /** @description A private workspace for uploaded files, gone after 24 hours unless pinned */
            201: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "5a5bf763-d154-5251-aee3-c7369ef563fc",
                     *       "title": "Parental leave in Germany",
                     *       "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031",
                     *       "is_pinned": false,
                     *       "expires_at": "2026-03-02T09:30:00Z",
                     *       "seconds_left": 71200,
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "file_count": 3
                     *     }
                     */
                    "application/json": components["schemas"]["NotebookSessionView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited" | "too_many_sessions";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    get_notebook_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of the caller's notebook sessions
                 * @example c8414f94-e961-5a75-81cf-7dd9fcfe7bd4
                 */
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A notebook session with its files and how far each is */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "session": {
                     *         "id": "5a5bf763-d154-5251-aee3-c7369ef563fc",
                     *         "title": "Parental leave in Germany",
                     *         "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031",
                     *         "is_pinned": false,
                     *         "expires_at": "2026-03-02T09:30:00Z",
                     *         "seconds_left": 71200,
                     *         "created_at": "2026-03-02T09:30:00Z",
                     *         "file_count": 3
                     *       },
                     *       "files": [
                     *         {
                     *           "file_id": "08f5ae19-7b45-5cd4-bab1-90b9c8d7210d",
                     *           "file_name": "Policy_DE.pdf",
                     *           "file_size": 482133,
                     *           "file_type": "pdf",
                     *           "status": "ready",
                     *           "reason_code": null,
                     *           "reason": null,
                     *           "page_count": 24,
                     *           "uploaded_at": "2026-03-02T09:30:00Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["NotebookSessionWithFiles"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "notebook_session_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    delete_notebook_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of the caller's notebook sessions
                 * @example c8414f94-e961-5a75-81cf-7dd9fcfe7bd4
                 */
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Hidden at once; a part of the removal has to wait */
            202: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Deletes a notebook session with its files and its conversation; 202 when a part of that has to wait */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "notebook_session_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    change_notebook_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of the caller's notebook sessions
                 * @example c8414f94-e961-5a75-81cf-7dd9fcfe7bd4
                 */
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "title": "Parental leave in Germany",
                 *       "is_pinned": false
                 *     }
                 */
                "application/json": components["schemas"]["NotebookSessionChange"];
            };
        };
        responses: {
            /** @description Renames a notebook session, pins it, or unpins it, which gives it 24 hours again */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "5a5bf763-d154-5251-aee3-c7369ef563fc",
                     *       "title": "Parental leave in Germany",
                     *       "conversation_id": "297886dd-0f73-577d-8cfb-9472184b1031",
                     *       "is_pinned": false,
                     *       "expires_at": "2026-03-02T09:30:00Z",
                     *       "seconds_left": 71200,
                     *       "created_at": "2026-03-02T09:30:00Z",
                     *       "file_count": 3
                     *     }
                     */
                    "application/json": components["schemas"]["NotebookSessionView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "notebook_session_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited" | "too_many_sessions";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    ask_notebook: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 200 characters; the same one again brings the same question's answer
                 * @example 4f1c2d9a-question-1
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description One of the caller's notebook sessions
                 * @example c8414f94-e961-5a75-81cf-7dd9fcfe7bd4
                 */
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "content": "How long is parental leave in Germany?"
                 *     }
                 */
                "application/json": components["schemas"]["NotebookMessage"];
            };
        };
        responses: {
            /** @description The events as they happen */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:1
                     *     event: meta
                     *     data: {"run_id":"3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e","conversation_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","user_message_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","message_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","mode":"rag","correlation_id":"0af7651916cd43dd8448eb211c80319c"}
                     *
                     *     id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:2
                     *     event: sources
                     *     data: {"sources":[{"n":1,"document_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","passage_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","file_name":"Policy_DE.pdf","file_url":"https://contoso.sharepoint.com/sites/hr/Policy_DE.pdf","page":7,"section":"3.2 Leave","snippet":"… up to 36 months …","score":0.83,"quotes":[]}]}
                     *
                     *     : ping
                     *
                     *     id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:3
                     *     data: {"token":"Up to 36 months"}
                     *
                     *     id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:4
                     *     data: {"token":" per child [1]."}
                     *
                     *     id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:5
                     *     event: title
                     *     data: {"title":"Parental leave"}
                     *
                     *     id: 3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e:6
                     *     data: {"done":true,"message_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","status":"complete","finish_reason":"stop","usage":{"input_tokens":1840,"output_tokens":9,"estimated":false,"side_input_tokens":0,"side_output_tokens":0,"cost":null},"provider":"OpenAI","model":"gpt-4.1","sources":[{"n":1,"document_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","passage_id":"6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55","file_name":"Policy_DE.pdf","file_url":"https://contoso.sharepoint.com/sites/hr/Policy_DE.pdf","page":7,"section":"3.2 Leave","snippet":"… up to 36 months …","score":0.83,"quotes":[]}],"supported":true,"unsupported":[]}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description Accepted; the run starts when its stream is opened */
            202: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "run_id": "52268001-b9eb-5398-8f70-b37f9bfa6f73",
                     *       "user_message_id": "709f9877-a106-5ba3-bfb0-3dced3ae0538",
                     *       "message_id": "9f9fb872-2306-56b7-98fe-538116fc0c06"
                     *     }
                     */
                    "application/json": components["schemas"]["RunAccepted"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "notebook_session_not_found" | "conversation_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off" | "idempotency_key_malformed";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited" | "too_many_streams" | "token_budget_spent";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    list_files: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of the caller's notebook sessions
                 * @example c8414f94-e961-5a75-81cf-7dd9fcfe7bd4
                 */
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The files of a notebook session and how far each is */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "file_id": "08f5ae19-7b45-5cd4-bab1-90b9c8d7210d",
                     *           "file_name": "Policy_DE.pdf",
                     *           "file_size": 482133,
                     *           "file_type": "pdf",
                     *           "status": "ready",
                     *           "reason_code": null,
                     *           "reason": null,
                     *           "page_count": 24,
                     *           "uploaded_at": "2026-03-02T09:30:00Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["FileList"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "notebook_session_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    delete_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A file of that session
                 * @example 08f5ae19-7b45-5cd4-bab1-90b9c8d7210d
                 */
                file_id: string;
                /**
                 * @description One of the caller's notebook sessions
                 * @example c8414f94-e961-5a75-81cf-7dd9fcfe7bd4
                 */
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Hidden at once; a part of the removal has to wait */
            202: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Deletes a file everywhere; 202 when a part of that has to wait */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "notebook_session_not_found" | "file_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    retry_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A file of that session
                 * @example 08f5ae19-7b45-5cd4-bab1-90b9c8d7210d
                 */
                file_id: string;
                /**
                 * @description One of the caller's notebook sessions
                 * @example c8414f94-e961-5a75-81cf-7dd9fcfe7bd4
                 */
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Reads a failed file again, without a new upload */
            202: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "file_id": "08f5ae19-7b45-5cd4-bab1-90b9c8d7210d",
                     *       "file_name": "Policy_DE.pdf",
                     *       "file_size": 482133,
                     *       "file_type": "pdf",
                     *       "status": "ready",
                     *       "reason_code": null,
                     *       "reason": null,
                     *       "page_count": 24,
                     *       "uploaded_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["FileView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "notebook_session_not_found" | "file_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description In conflict with what is there */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "file_not_failed";
                        /** @constant */
                        status?: 409;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable" | "durable_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    upload_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of the caller's notebook sessions
                 * @example c8414f94-e961-5a75-81cf-7dd9fcfe7bd4
                 */
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "file": "Leave in Germany\n\nUp to 36 months per child."
                 *     }
                 */
                "multipart/form-data": {
                    /** @description The file, with its name. What type it is of is proven by its content. */
                    file: string;
                };
            };
        };
        responses: {
            /** @description Stores a file in a notebook session and begins to read it */
            201: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "file_id": "08f5ae19-7b45-5cd4-bab1-90b9c8d7210d",
                     *       "file_name": "Policy_DE.pdf",
                     *       "file_size": 482133,
                     *       "file_type": "pdf",
                     *       "status": "ready",
                     *       "reason_code": null,
                     *       "reason": null,
                     *       "page_count": 24,
                     *       "uploaded_at": "2026-03-02T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["FileView"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Not there, or not the caller's */
            404: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "notebook_session_not_found";
                        /** @constant */
                        status?: 404;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "file_too_large" | "form_too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description Another media type is needed */
            415: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "not_multipart" | "unsupported_type";
                        /** @constant */
                        status?: 415;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid_multipart" | "body_cut_off" | "file_missing" | "several_files" | "file_name_missing" | "file_empty" | "file_corrupt" | "file_encrypted" | "file_limits_exceeded";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited" | "too_many_files" | "too_many_bytes";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable" | "durable_unavailable" | "blob_unavailable" | "extraction_unavailable";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
    openapi_json: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description This description */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "openapi": "3.1.0",
                     *       "info": {
                     *         "title": "Nexus",
                     *         "version": "0.1.0"
                     *       },
                     *       "paths": {}
                     *     }
                     */
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
        };
    };
    search: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "query": "parental leave",
                 *       "limit": 20
                 *     }
                 */
                "application/json": components["schemas"]["SearchRequest"];
            };
        };
        responses: {
            /** @description The passages that a rag answer to this question would be made from, best first */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "passage_id": "1cd59ae6-d458-51f3-9778-f5fdc6c0216d",
                     *           "document_id": "cc079fe3-525b-5978-82e1-7121271845bb",
                     *           "file_name": "Policy_DE.pdf",
                     *           "file_url": "https://contoso.sharepoint.com/sites/hr/Shared%20Documents/Policy_DE.pdf",
                     *           "page": 7,
                     *           "section": "3.2 Parental leave",
                     *           "text": "Employees may take up to 36 months of parental leave per child.",
                     *           "score": 0.83
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["SearchResults"];
                };
            };
            /** @description Not signed in, or the session has ended */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                        /** @constant */
                        status?: 401;
                    };
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "too_large";
                        /** @constant */
                        status?: 413;
                    };
                };
            };
            /** @description What was sent is not valid */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "invalid" | "invalid_json" | "body_cut_off";
                        /** @constant */
                        status?: 422;
                    };
                };
            };
            /** @description Too many calls, or more than there is room for */
            429: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "rate_limited";
                        /** @constant */
                        status?: 429;
                    };
                };
            };
            /** @description An error on our side; its correlation id is in our logs */
            500: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                        /** @constant */
                        status?: 500;
                    };
                };
            };
            /** @description The language model could not answer */
            502: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "model_refused_request" | "model_not_found" | "model_context_too_long" | "model_key_missing" | "model_bad_reply" | "content_filtered";
                        /** @constant */
                        status?: 502;
                    };
                };
            };
            /** @description A part that this needs does not answer right now */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "postgres_unavailable" | "redis_unavailable" | "qdrant_unavailable" | "embeddings_unavailable" | "throttled";
                        /** @constant */
                        status?: 503;
                    };
                };
            };
        };
    };
}
