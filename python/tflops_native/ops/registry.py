"""The register of rules: those of this package are imported when they are asked for.

A model has operators of a few families, and to import all of them takes longer than to count it.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import TypeVar

Item = TypeVar("Item")


class Registry(MutableMapping[str, Item]):
    """Items by name, of which some are there only once their module is imported.

    The names are known without importing anything; to get an item imports its module.
    """

    def __init__(self, modules: Mapping[str, str]) -> None:
        """Take the modules that set items when they are imported, by the name of the item."""
        self._modules = dict(modules)
        self._items: dict[str, Item] = {}

    def has_item(self, name: str) -> bool:
        """Whether there is an item of this name, now that its module is imported.

        Not yet, while that module is being imported and has not come to it.
        """
        if name in self._modules:
            import_module(self._modules[name])
        return name in self._items

    def __getitem__(self, name: str) -> Item:
        if name not in self._items:
            self.has_item(name)
        return self._items[name]

    def __setitem__(self, name: str, item: Item) -> None:
        self.has_item(name)  # or the module would replace what is set here
        self._items[name] = item

    def __delitem__(self, name: str) -> None:
        self.has_item(name)
        del self._items[name]
        self._modules.pop(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self._items or name in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter({**self._modules, **self._items})

    def __len__(self) -> int:
        return len(self._modules.keys() | self._items.keys())
