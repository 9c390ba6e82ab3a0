"""The one shared encoding of each combination: renderer, frame, taste for joins, filter, changes or not."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from weakref import ReferenceType, WeakKeyDictionary, WeakValueDictionary, ref

from hubbub.dialects.contract import Renderer, Template
from hubbub.dialects.filters import TagFilter
from hubbub.hub.encoding import DeltaEncoding, Encoding, FilteredEncoding, Frame
from hubbub.hub.outlines import Cut, Outline, OutlinedEncoding

_NONE: Final[Mapping[Frame, Cut]] = MappingProxyType({})


class Encodings:
    """Hand out encodings, each for as long as somebody has it.

    Args:
        cuts: by frame, how that is put around a packet that is in pieces; others know whole packets only.
    """

    __slots__ = ("_cuts", "_filters", "_outlines", "_shared")

    def __init__(self, cuts: Mapping[Frame, Cut] = _NONE) -> None:
        self._cuts = cuts
        self._shared: WeakValueDictionary[
            tuple[Renderer, Frame, bool, TagFilter | None, bool], Encoding
        ] = WeakValueDictionary()
        # A key would keep a value alive that is the same.
        self._filters: WeakKeyDictionary[TagFilter, ReferenceType[TagFilter]] = WeakKeyDictionary()
        self._outlines: WeakValueDictionary[tuple[Template, Cut, int], Outline] = (
            WeakValueDictionary()
        )

    def __len__(self) -> int:
        return len(self._shared)

    def reframed(self, encoding: Encoding, frame: Frame) -> Encoding:
        """Return the shared encoding that shows the same by another frame; not for changes."""
        return self.of(encoding._renderer, frame, encoding.joins, encoding.filter)

    def of(
        self,
        renderer: Renderer,
        frame: Frame,
        joins: bool,
        filter: TagFilter | None = None,
        delta: bool = False,
    ) -> Encoding:
        """Return the shared encoding of a renderer, a frame, a taste for joins, and a filter or for changes.

        Changes are not shown through a filter, which hides what they change, nor where the protocol has none.
        """
        changes = renderer.deltas if delta and filter is None else None
        key = (renderer, frame, joins, filter, changes is not None)
        encoding = self._shared.get(key)
        if encoding is None:
            if filter is not None:
                encoding = FilteredEncoding(self.of(renderer, frame, joins), self._known(filter))
            elif changes is not None:
                encoding = DeltaEncoding(changes, frame, joins)
            else:
                encoding = self._plain(renderer, frame, joins)
            self._shared[key] = encoding
        return encoding

    def _known(self, filter: TagFilter) -> TagFilter:
        """Return the one of those filters that are alike."""
        known = self._filters.get(filter)
        found = known() if known is not None else None
        if found is None:
            found = filter
            self._filters[filter] = ref(filter)
        return found

    def _plain(self, renderer: Renderer, frame: Frame, joins: bool) -> Encoding:
        templated, cut = renderer.templated, self._cuts.get(frame)
        if templated is None or cut is None:
            return Encoding(renderer, frame, joins)
        size = len(templated.word)
        key = (templated.template, cut, size)
        outline = self._outlines.get(key)
        if outline is None:
            outline = self._outlines[key] = Outline(templated.template, cut, size)
        return OutlinedEncoding(renderer, frame, outline, templated.word)
