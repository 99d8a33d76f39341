"""Holding checkpoints against each other, and against a log that must contain them."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime
from pathlib import Path

from portal.audit.folder import Folder
from portal.audit.policy import Policy
from portal.errors import N_
from portal.verifier.language import Voice
from portal.verifier.site import Site
from portal.verifier.split import EVIDENCE
from portal.verifier.split import check_continues
from portal.verifier.split import check_one_root
from portal.verifier.tree import Files
from portal.verifier.tree import SignedTree
from portal.verifier.trust import CHECKPOINT
from portal.verifier.trust import Exit
from portal.verifier.trust import NotCheckedError
from portal.verifier.trust import Signed
from portal.verifier.trust import head
from portal.verifier.trust import judged
from portal.verifier.trust import policy_for
from portal.verifier.trust import read_policy
from portal.verifier.trust import tell


def consistency(options: Namespace, voice: Voice, _at: datetime) -> Exit:
    """Check that the log in a folder continues an older checkpoint."""
    path = Path(options.dir)
    policy = policy_for(path, options.policy)
    old, new = _read(options.old, policy), head(path, policy)
    _check_within(new, Folder(path), old, keep_in=path / EVIDENCE)
    voice.say(
        N_("The log of {size:,} entries continues the {old:,} that were signed before."),
        size=new.checkpoint.size,
        old=old.checkpoint.size,
    )
    return tell(voice, policy, old.seen, new.seen)


def compare(options: Namespace, voice: Voice, _at: datetime) -> Exit:
    """Check that two checkpoints can both be true."""
    policy = _policy(options)
    one, other = _read(options.one, policy), _read(options.other, policy)
    keep_in = Path(EVIDENCE)
    check_one_root(one, other, keep_in=keep_in)
    if one.checkpoint != other.checkpoint:
        _check_with_files(options.dir, policy, one, other, keep_in=keep_in)
    voice.say(N_("Both checkpoints are of one and the same log."))
    return tell(voice, policy, one.seen, other.seen)


def _policy(options: Namespace) -> Policy:
    if options.policy:
        return read_policy(Path(options.policy))
    if options.dir and not _is_address(options.dir):
        return policy_for(Path(options.dir), None)
    raise NotCheckedError(N_("Say with --policy whose signatures count."))


def _read(name: str, policy: Policy) -> Signed:
    return judged(name, Path(name).read_bytes(), policy)


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def _check_with_files(
    place: str | None, policy: Policy, one: Signed, other: Signed, *, keep_in: Path
) -> None:
    """Hold both against a tree that contains them; without its files nothing can be decided."""
    if place is None:
        raise NotCheckedError(
            N_(
                "The checkpoints are of {one:,} and {other:,} entries: whether one continues the "
                "other can only be decided with the files of the log. Say with --dir where they "
                "are: a folder, or the address of the site."
            ),
            one=one.checkpoint.size,
            other=other.checkpoint.size,
        )
    files: Files
    if _is_address(place):
        site = Site.parse(place)
        files, newest = site, judged(place, site.need(CHECKPOINT), policy)
    else:
        files, newest = Folder(Path(place)), head(Path(place), policy)
    for signed in (one, other):
        _check_within(newest, files, signed, keep_in=keep_in)


def _check_within(newest: Signed, files: Files, old: Signed, *, keep_in: Path) -> None:
    check_one_root(old, newest, keep_in=keep_in)
    if old.checkpoint.size > newest.checkpoint.size:
        raise NotCheckedError(
            N_(
                "The checkpoint {name} is of {size:,} entries, the files only of {held:,}: bring "
                "the copy up to date first. If the site itself shows no more, it has taken entries "
                "back: keep the checkpoint, and show it to others."
            ),
            name=old.name,
            size=old.checkpoint.size,
            held=newest.checkpoint.size,
        )
    tree = SignedTree(newest.checkpoint, files)
    check_continues(old, newest, tree, keep_in=keep_in)
