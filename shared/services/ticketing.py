"""Tickets for EventSource: who asked, and for which conversation; redeemed once, within 30 s."""

from dataclasses import dataclass
from uuid import UUID

from shared.domain.identity import Caller, Role
from shared.domain.ids import ConversationId, CountryId, DepartmentId, UserId
from shared.errors import Unauthenticated
from shared.ports import Tickets


@dataclass(frozen=True, slots=True)
class Ticketing:
    tickets: Tickets

    async def issue(self, caller: Caller, conversation_id: ConversationId) -> str:
        return await self.tickets.issue(
            {
                "user": str(caller.user_id),
                "role": caller.role.value,
                "department": str(caller.department_id or ""),
                "country": str(caller.country_id or ""),
                "conversation": str(conversation_id),
            }
        )

    async def redeem(self, ticket: str, conversation_id: str) -> Caller:
        """Raises Unauthenticated for a ticket that is unknown, used, too old or meant for another conversation."""
        claims = await self.tickets.redeem(ticket)
        if claims is None or claims["conversation"] != conversation_id.lower():
            raise Unauthenticated("This ticket is not valid any more.")
        department, country = claims["department"], claims["country"]
        return Caller(
            UserId(UUID(claims["user"])),
            Role(claims["role"]),
            DepartmentId(UUID(department)) if department else None,
            CountryId(UUID(country)) if country else None,
        )
