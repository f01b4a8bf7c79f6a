"""All edits; one that is there twice is made twice as often."""

from tests.proof.edits import declared, members, neutral, services, types
from tests.proof.edits.places import Edit

EDITS: tuple[Edit, ...] = (
    *members.EDITS,
    *members.EDITS,
    *types.EDITS,
    *declared.EDITS,
    *services.EDITS,
    *neutral.EDITS,
)
