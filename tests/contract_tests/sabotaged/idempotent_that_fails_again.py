"""What is gone already is no reason to fail."""

from rpcgen_runtime import Context
from tests.contract_tests.generated.store.v1 import NotFound
from tests.contract_tests.sound import Sound


class Store(Sound):
    def __init__(self) -> None:
        super().__init__()
        self.gone: set[str] = set()

    def remove(self, ctx: Context, name: str) -> bool:
        if name in self.gone:
            raise NotFound(which=name)
        self.gone.add(name)
        return True
