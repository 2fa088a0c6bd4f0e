"""The ledger of evidence: every claim of the course about learning, what it was
measured on, and what came out.
"""

from dqn_tutorial.classroom.ledger.claims import (
    LEDGER,
    Claim,
    Figures,
    check,
    claims,
    measure,
    show,
)

__all__ = ["LEDGER", "Claim", "Figures", "check", "claims", "measure", "show"]
