"""Copying a log from its site: resumable, and nothing is written that is not verified.

Tiles come from the top down, so that each is verified by the one above it before it is written; the
checkpoint comes last. What an interrupted copy leaves is good, and the next run goes on from there;
each run verifies everything that is here, and fetches only what is missing or damaged.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from portal.audit.folder import Folder
from portal.audit.folder import PublisherError
from portal.audit.policy import Policy
from portal.audit.tiles import WIDTH
from portal.audit.tiles import levels
from portal.audit.tiles import tile_path
from portal.audit.tiles import widths
from portal.errors import N_
from portal.verifier.language import Voice
from portal.verifier.site import Site
from portal.verifier.split import EVIDENCE
from portal.verifier.split import check_continues
from portal.verifier.split import check_one_root
from portal.verifier.tree import ENTRIES
from portal.verifier.tree import SignedTree
from portal.verifier.trust import CHECKPOINT
from portal.verifier.trust import POLICY
from portal.verifier.trust import Exit
from portal.verifier.trust import NotCheckedError
from portal.verifier.trust import Signed
from portal.verifier.trust import head
from portal.verifier.trust import judged
from portal.verifier.trust import parse_policy
from portal.verifier.trust import read_policy
from portal.verifier.trust import tell


def mirror(options: Namespace, voice: Voice, _at: datetime) -> Exit:
    """Bring a copy of a log up to date with its site."""
    site, folder = Site.parse(options.url), Folder(Path(options.dir))
    with folder.alone():
        trust = _trust(site, folder, options.policy)
        new = judged(f"{site.url}/{CHECKPOINT}", site.need(CHECKPOINT), trust.policy)
        if trust.warning:
            voice.say(trust.warning, name=folder.path / POLICY)
        folder.write(POLICY, trust.raw)
        old = head(folder.path, trust.policy) if (folder.path / CHECKPOINT).exists() else None
        copy = _Copy(folder, new, old)
        taken = copy.take(copy.compared(site))
        kept = copy.finish()
    if taken.mended:
        voice.say(N_("Damaged files in the copy were replaced: {count:,}."), count=taken.mended)
    voice.say(
        N_("The copy in {dir} is whole and up to date: {count:,} files are new."),
        dir=folder.path,
        count=taken.new,
    )
    return tell(voice, trust.policy, kept.seen)


@dataclass(frozen=True, slots=True)
class _Trust:
    """The policy to go by, as it is to be kept, and what the reader should know of it."""

    policy: Policy
    raw: bytes
    warning: str = ""


def _trust(site: Site, folder: Folder, given: str | None) -> _Trust:
    """Return the policy that was given, or was kept, or else the site's own."""
    kept = folder.path / POLICY
    if given:
        return _Trust(read_policy(Path(given)), Path(given).read_bytes())
    if not kept.exists():
        raw = site.need(POLICY)
        return _Trust(parse_policy(f"{site.url}/{POLICY}", raw), raw, _FROM_THE_SITE)
    raw = kept.read_bytes()
    return _Trust(read_policy(kept), raw, "" if _policy_of(site) == raw else _ANOTHER)


_FROM_THE_SITE = N_(
    "The key came from the site itself and was kept in {name}: compare it with the one that the "
    "foundation prints or that others noted. Until then this shows only that the site agrees with "
    "itself."
)
_ANOTHER = N_(
    "The site gives another policy than the one in {name}, or none; the one in {name} was used. "
    "Ask the foundation why, and not only on its site."
)


def _policy_of(site: Site) -> bytes:
    try:
        return site.read(POLICY)
    except PublisherError:
        return b""


@dataclass(frozen=True, slots=True)
class _Taken:
    """How many files came to a copy, and how many in it were damaged and are whole again."""

    new: int
    mended: int


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copy that is to follow its site from the old checkpoint, if any, to the new one."""

    folder: Folder
    new: Signed
    old: Signed | None

    def compared(self, site: Site) -> SignedTree:
        """Return the new tree, after verifying that it continues the old one."""
        size, keep_in = self.new.checkpoint.size, self.folder.path / EVIDENCE
        if self.old:
            check_one_root(self.old, self.new, keep_in=keep_in)
            if size < self.old.checkpoint.size:
                older = SignedTree(self.old.checkpoint, self.folder)
                check_continues(self.new, self.old, older, keep_in=keep_in)
                raise NotCheckedError(
                    N_(
                        "The site gives an older checkpoint, of {size:,} entries; the copy has "
                        "{kept:,}. Nothing was copied. If this stays so, the log was taken back."
                    ),
                    size=size,
                    kept=self.old.checkpoint.size,
                )
        tree = SignedTree(self.new.checkpoint, self.folder, site)
        if self.old:
            check_continues(self.old, self.new, tree, keep_in=keep_in)
        return tree

    def take(self, tree: SignedTree) -> _Taken:
        """Write every file that is not here as it was signed, after the one that vouches for it."""
        new = mended = 0
        for level, number, width in self._wanted():
            if level == ENTRIES:
                content = tree.bundle(number)
            else:
                content = b"".join(tree.tile(int(level), number))
            name = tile_path(level, number, width)
            path = self.folder.path / name
            is_here = path.exists()
            if is_here and path.read_bytes() == content:
                continue
            self.folder.write(name, content)
            new, mended = new + (not is_here), mended + is_here
        return _Taken(new, mended)

    def _wanted(self) -> Iterator[tuple[int | str, int, int]]:
        size = self.new.checkpoint.size
        above: list[int | str] = [*reversed(levels(size))]
        for level in (*above, ENTRIES):
            full, rest = widths(size, _row(level))
            yield from ((level, number, WIDTH) for number in range(full))
            if rest:
                yield level, full, rest

    def finish(self) -> Signed:
        """Put the checkpoint in place, unless the same with its witnesses is there; clear up."""
        if (
            self.old
            and self.old.checkpoint == self.new.checkpoint
            and self.old.seen.is_quorum > self.new.seen.is_quorum
        ):
            return self.old
        self.folder.write(CHECKPOINT, str(self.new.note).encode("utf-8"))
        partial = {tile_path(*file) for file in self._wanted() if file[2] < WIDTH}
        for path in list((self.folder.path / "tile").rglob("*.p/*")):
            if path.relative_to(self.folder.path).as_posix() not in partial:
                path.unlink()
        return self.new


def _row(level: int | str) -> int:
    """Return the level whose tiles are as many as these files: bundles lie beside the leaves."""
    return 0 if level == ENTRIES else int(level)
