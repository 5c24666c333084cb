"""Daily token budgets of users and departments. What is not set here follows the settings."""

from functions.http_api.schemas.budgets import BudgetChange, BudgetsPage, BudgetView, OwnBudgetView
from shared.db import budgets
from shared.domain.budgets import BudgetSubject
from shared.web import auditing
from shared.web.paging import PageQuery, after_id, page
from shared.web.routes import Call, Policy, Reply, Routes

routes = Routes("admin budgets")

_USER, _DEPARTMENT = BudgetSubject.USER, BudgetSubject.DEPARTMENT
_NO_USER, _NO_DEPARTMENT = {404: ("user_not_found",)}, {404: ("department_not_found",)}


@routes.add("GET", "admin/budgets", Policy.SUPER_ADMIN, query=PageQuery, reply=BudgetsPage, errors={})
async def list_budgets(call: Call) -> BudgetsPage:
    """The budgets that were set, by their owner's id, and the defaults"""
    query: PageQuery = call.query
    async with call.runtime.db.connection() as connection:
        rows = await budgets.list_own(connection, after=after_id(query.cursor), limit=query.limit + 1)
    defaults = call.runtime.settings.budgets
    shown = page(rows, query.limit, lambda row: (row.owner_id,), OwnBudgetView.of)
    return BudgetsPage(defaults.user, defaults.department, shown.items, shown.next_cursor)


@routes.add("GET", "admin/users/{user_id}/budget", Policy.SUPER_ADMIN, reply=BudgetView, errors=_NO_USER)
async def get_user_budget(call: Call) -> BudgetView:
    """A user's daily budget and what of it is used"""
    return await _get(call, _USER)


@routes.add(
    "PUT", "admin/users/{user_id}/budget", Policy.SUPER_ADMIN, body=BudgetChange, reply=BudgetView, errors=_NO_USER
)
async def set_user_budget(call: Call) -> BudgetView:
    """Gives a user a daily budget of their own"""
    return await _set(call, _USER)


@routes.add("DELETE", "admin/users/{user_id}/budget", Policy.SUPER_ADMIN, status=204, errors=_NO_USER)
async def drop_user_budget(call: Call) -> Reply:
    """Takes a user's own budget away: the default holds again"""
    return await _drop(call, _USER)


@routes.add(
    "GET", "admin/departments/{department_id}/budget", Policy.SUPER_ADMIN, reply=BudgetView, errors=_NO_DEPARTMENT
)
async def get_department_budget(call: Call) -> BudgetView:
    """A department's daily budget and what of it is used"""
    return await _get(call, _DEPARTMENT)


@routes.add(
    "PUT",
    "admin/departments/{department_id}/budget",
    Policy.SUPER_ADMIN,
    body=BudgetChange,
    reply=BudgetView,
    errors=_NO_DEPARTMENT,
)
async def set_department_budget(call: Call) -> BudgetView:
    """Gives a department a daily budget of its own, for all its people together"""
    return await _set(call, _DEPARTMENT)


@routes.add("DELETE", "admin/departments/{department_id}/budget", Policy.SUPER_ADMIN, status=204, errors=_NO_DEPARTMENT)
async def drop_department_budget(call: Call) -> Reply:
    """Takes a department's own budget away: the default holds again"""
    return await _drop(call, _DEPARTMENT)


async def _get(call: Call, subject: BudgetSubject) -> BudgetView:
    owner = call.id(f"{subject}_id", subject)
    async with call.runtime.db.connection() as connection:
        return BudgetView.of(await budgets.get(connection, subject, owner, call.runtime.settings.budgets))


async def _set(call: Call, subject: BudgetSubject) -> BudgetView:
    change: BudgetChange = call.body
    owner, defaults = call.id(f"{subject}_id", subject), call.runtime.settings.budgets
    async with call.runtime.db.transaction() as connection:
        before = await budgets.get(connection, subject, owner, defaults)
        await budgets.put(connection, subject, owner, change.daily_tokens, call.caller.user_id)
        after = await budgets.get(connection, subject, owner, defaults)
        await auditing.record(
            call,
            connection,
            f"{subject}_budget.set",
            owner,
            {"before": before.limit, "was_default": before.is_default, "after": after.limit},
        )
    call.runtime.budgeting.forget()
    return BudgetView.of(after)


async def _drop(call: Call, subject: BudgetSubject) -> Reply:
    owner, defaults = call.id(f"{subject}_id", subject), call.runtime.settings.budgets
    async with call.runtime.db.transaction() as connection:
        before = await budgets.get(connection, subject, owner, defaults)
        await budgets.drop(connection, subject, owner)
        if not before.is_default:
            await auditing.record(
                call,
                connection,
                f"{subject}_budget.drop",
                owner,
                {"before": before.limit, "after": defaults.of(subject)},
            )
    return Reply(204, None)
