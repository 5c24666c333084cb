"""Forgetting a person: what is theirs is erased, what must stay says no more that it was theirs.

The request takes the person's name away and leaves a job; a timer works on the jobs that are not done. Each step may be
repeated, by two instances at once, and after being killed anywhere: the rows that are left name what is left to do.
"""

import logging
from dataclasses import dataclass

from shared.db import audit, forgetting, people, sessions
from shared.db.forgetting import ForgetJob
from shared.db.pool import Connection, Db
from shared.domain.identity import Caller
from shared.domain.ids import UserId
from shared.errors import Conflict, NexusError
from shared.ports import RefreshFamilies, RunLog
from shared.services.notebook_upkeep import NotebookUpkeep

log = logging.getLogger(__name__)

JOBS_A_CALL = 20
# Deleting a conversation takes its messages along; a hundred of them stay well within a statement's ten seconds.
CONVERSATIONS_A_STEP = 100
SESSIONS_A_STEP = 50
# Rounds of one call. What an access token still makes meanwhile is little; the next call goes on.
ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Forgetting:
    db: Db
    families: RefreshFamilies
    run_log: RunLog
    upkeep: NotebookUpkeep

    async def request(self, caller: Caller, user_id: UserId, *, correlation_id: str) -> ForgetJob:
        """The person's job; asked again, the same one. Raises NotFound; Conflict for oneself and for the last
        super_admin."""
        if user_id == caller.user_id:
            raise Conflict("Nobody forgets themselves. Ask another administrator.", code="own_account")
        async with self.db.transaction() as connection:
            _, is_last_admin = await people.lock_user(connection, user_id)
            if is_last_admin:
                raise Conflict(
                    "This is the last administrator. Make someone else super_admin first.", code="last_super_admin"
                )
            job, is_new = await forgetting.add(connection, user_id, caller.user_id, correlation_id)
            if is_new:
                await forgetting.erase_identity(connection, user_id)
                await sessions.end_all(connection, user_id)
                await audit.record(
                    connection,
                    actor=caller.user_id,
                    action="user.forget",
                    target=str(user_id),
                    detail={"job_id": job.id},
                    correlation_id=correlation_id,
                )
        return job

    async def work(self) -> int:
        """Goes on with what is not done; how many jobs were finished."""
        async with self.db.connection() as connection:
            jobs = await forgetting.unfinished(connection, JOBS_A_CALL)
        return sum([await self._tried(job) for job in jobs])

    async def _tried(self, job: ForgetJob) -> bool:
        try:
            return await self.carry_out(job)
        except Exception as error:
            # a timer's boundary: one person's trouble must not keep the others from being forgotten
            code = error.code if isinstance(error, NexusError) else NexusError.code
            log.exception("a person could not be forgotten yet", extra={"subject": str(job.id), "code": code})
            async with self.db.connection() as connection:
                await forgetting.note_trouble(connection, job.id, code)
            return False

    async def carry_out(self, job: ForgetJob) -> bool:
        """Whether nothing of the person is left. Raises Unavailable; what was erased until then is counted."""
        # their tokens are void by now; this takes them out of Redis
        await self.families.revoke_all(job.user_id)
        for _ in range(ROUNDS):
            await self._stop_runs(job)
            async with self.db.transaction() as connection:
                await forgetting.claim_sessions(connection, job)
            await self._erase_conversations(job)
            await self._erase_notebooks(job)
            async with self.db.transaction() as connection:
                if not await forgetting.lock_person(connection, job.user_id):
                    return True  # another instance was faster
                if await forgetting.erase_rest(connection, job, CONVERSATIONS_A_STEP):
                    continue
                await self._record(connection, await forgetting.finish(connection, job))
            return True
        return False

    async def _stop_runs(self, job: ForgetJob) -> None:
        """Nobody will read their answers. What of them is in Redis for readers that come back lasts 15 minutes."""
        async with self.db.connection() as connection:
            runs = await forgetting.runs_under_way(connection, job.user_id)
        for run_id in runs:
            await self.run_log.request_cancel(run_id)

    async def _erase_conversations(self, job: ForgetJob) -> None:
        erased = CONVERSATIONS_A_STEP
        while erased == CONVERSATIONS_A_STEP:
            async with self.db.transaction() as connection:
                erased = await forgetting.erase_conversations(connection, job, CONVERSATIONS_A_STEP)

    async def _erase_notebooks(self, job: ForgetJob) -> None:
        """Passages and backend copies, then blobs, then the rows that name them."""
        while True:
            async with self.db.connection() as connection:
                left = await forgetting.sessions_left(connection, job.user_id, SESSIONS_A_STEP)
            if not left:
                return
            for session_id in left:
                await self.upkeep.remove_session(session_id)

    async def _record(self, connection: Connection, job: ForgetJob) -> None:
        await audit.record(
            connection,
            actor=None,
            action="user.forgotten",
            target=str(job.user_id),
            detail={"job_id": job.id, "erased": job.erased, "anonymised": job.anonymised},
            correlation_id=job.correlation_id,
        )
