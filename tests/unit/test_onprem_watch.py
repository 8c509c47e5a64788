"""What the rendered watch does with tunnels over time: on a clock of its own, the tunnels being files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from labs.onprem_connections import STATIC, connection
from onprem.rendering import render

CONNECTION = connection(STATIC)
FIRST, SECOND = (tunnel.name for tunnel in CONNECTION.tunnels)

CLOCK = 'read now < "$LAB/clock"\n'
DONE = 'echo > "$LAB/done"\n'
COMMANDS = {
    # a round is a second, and ends when all of it were asked; the last one is the watch's end
    "sleep": f"""{CLOCK}echo $now
exec 3<> "$LAB/done"
read ping <&3; read ping <&3; read cut <&3
echo $((now + 1)) > "$LAB/clock"
[ $now -lt $END ] || kill -TERM $PPID
""",
    "cut": f"{CLOCK}echo $now\n{DONE}",
    "ping": f"""{CLOCK}while [ $# -gt 2 ]; do shift; done
answer=0
[ -e "$LAB/$1.sa" ] || answer=1
while read name from to; do
  [ $name != "$1" ] || [ $now -lt $from ] || [ $now -ge $to ] || answer=1
done < "$LAB/silent"
{DONE}exit $answer
""",
    "swanctl": """case $1 in
--list-sas)
  [ ! -e "$LAB/$3.sa" ] || echo "ESTABLISHED INSTALLED"
  [ ! -e "$LAB/$3.half" ] || echo "ESTABLISHED"
  ;;
--terminate) rm -f "$LAB/$3.sa" "$LAB/$3.half" ;;
--initiate) if [ -e "$LAB/half" ]; then rm "$LAB/half"; : > "$LAB/$3.half"; else : > "$LAB/$3.sa"; fi ;;
esac
""",
    "vtysh": "",
}


class Watched:
    """A router whose tunnels are up but for the rounds in which they are silent."""

    def __init__(self, directory: Path) -> None:
        self._lab = directory
        for name, text in COMMANDS.items():
            path = directory / name
            path.write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
            path.chmod(0o700)
        for tunnel in (FIRST, SECOND):
            self.sa(tunnel).touch()
        os.mkfifo(directory / "done")

    def sa(self, tunnel: str) -> Path:
        """The file that is there while a tunnel is up."""
        return self._lab / f"{tunnel}.sa"

    def watch(self, rounds: int, *silent: tuple[str, int, int]) -> list[tuple[int, str]]:
        """What the watch says, with the round in which it does; `silent`: a tunnel, from and to a round."""
        (self._lab / "clock").write_text("0\n", encoding="utf-8")
        (self._lab / "silent").write_text("".join(f"{n} {a} {b}\n" for n, a, b in silent), encoding="utf-8")
        (script,) = (f.content for f in render(CONNECTION, "strongswan") if f.path.name.startswith("watch-"))
        done = subprocess.run(
            ["sh", "-c", script],
            env={"PATH": f"{self._lab}:/usr/bin:/bin", "LAB": str(self._lab), "END": str(rounds)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        said: list[tuple[int, str]] = []
        now = 0
        for line in done.stdout.splitlines():
            if line.isdigit():
                now = int(line)
            else:
                said.append((now, line))
        return said


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


LEFT = "left: its far end does not answer through it"


def test_a_tunnel_whose_esp_is_dead_is_ended_and_tried_ever_more_seldom(watched: Watched) -> None:
    assert watched.watch(95, (FIRST, 5, 50)) == [
        (7, f"tunnel 1: {LEFT}"),
        (7, "tunnel 1: ended, called again after 10 s"),
        (17, "tunnel 1: called"),
        (19, "tunnel 1: ended, called again after 20 s"),
        (39, "tunnel 1: called"),
        (41, "tunnel 1: ended, called again after 40 s"),
        (81, "tunnel 1: called"),
        (91, "tunnel 1: used again"),
    ]


@pytest.mark.parametrize(("since", "seconds"), [(30, 20), (40, 10)])
def test_a_tunnel_that_dies_soon_after_its_return_is_called_later(
    watched: Watched, since: int, seconds: int
) -> None:
    """It was used again at 27, and called after 10 s."""
    said = watched.watch(45, (SECOND, 5, 12), (SECOND, since, 100))
    assert [line for _, line in said if "ended" in line] == [
        "tunnel 2: ended, called again after 10 s",
        f"tunnel 2: ended, called again after {seconds} s",
    ]


def test_neither_is_ended_while_none_answers(watched: Watched) -> None:
    assert watched.watch(30, (FIRST, 5, 100), (SECOND, 5, 100)) == []
    assert watched.sa(FIRST).exists()
    assert watched.sa(SECOND).exists()


def test_what_was_ended_is_called_at_once_when_the_other_is_silent(watched: Watched) -> None:
    assert watched.watch(18, (FIRST, 5, 12), (SECOND, 12, 100)) == [
        (7, f"tunnel 1: {LEFT}"),
        (7, "tunnel 1: ended, called again after 10 s"),
        (14, "tunnel 1: used again"),
        (15, f"tunnel 2: {LEFT}"),
        (15, "tunnel 2: ended, called again after 20 s"),
    ]


def test_a_call_that_comes_to_an_ike_session_without_esp_begins_anew(
    watched: Watched, tmp_path: Path
) -> None:
    (tmp_path / "half").touch()
    assert watched.watch(90, (FIRST, 5, 12)) == [
        (7, f"tunnel 1: {LEFT}"),
        (7, "tunnel 1: ended, called again after 10 s"),
        (17, "tunnel 1: called"),
        (77, "tunnel 1: called anew"),
        (87, "tunnel 1: used again"),
    ]


def test_a_watch_that_ends_or_starts_calls_what_is_not_there(watched: Watched) -> None:
    watched.watch(10, (FIRST, 3, 100))
    assert watched.sa(FIRST).exists(), "it was ended at 5, and the watch at 10"
    watched.sa(SECOND).unlink()
    watched.watch(1)
    assert watched.sa(SECOND).exists()
