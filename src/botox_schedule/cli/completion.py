"""``botox-schedule completion``: completions for bash, zsh and fish.

Examples:
    botox-schedule completion bash > ~/.bash_completion.d/botox-schedule
    botox-schedule completion zsh > ~/.zfunc/_botox-schedule
    botox-schedule completion fish > ~/.config/fish/completions/botox.fish
"""

from argparse import Namespace
from collections.abc import Iterator

from botox_schedule.cli.commands import COMMANDS
from botox_schedule.cli.output import Answer, Line, Row
from botox_schedule.cli.runner import command_parser

OPTIONS = {"shell bash|zsh|fish": "the shell"}
"""What the command takes."""


def answer(given: Namespace) -> Answer:
    """Return a script that completes commands and their options."""
    rows = [*_words()]
    script = {"bash": _bash, "zsh": _zsh, "fish": _fish}[given.shell](rows)
    return Answer(rows, [*map(Line, script)], {"shell": given.shell, "script": "\n".join(script)})


def _words() -> Iterator[Row]:
    """Yield every command, and every option and fixed value of it, with what it means."""
    for name, words in COMMANDS.items():
        yield {"command": name, "word": "", "help": words}
    for name in COMMANDS:
        for action in command_parser(name)._actions:  # noqa: SLF001 - argparse has no other list of them
            words = (action.help or "").replace("%%", "%")
            fixed = action.option_strings or map(str, action.choices or ())
            yield from ({"command": name, "word": word, "help": words} for word in fixed)


def _cases(rows: list[Row]) -> Iterator[str]:
    for name in COMMANDS:
        words = " ".join(row["word"] for row in rows if row["command"] == name).strip()
        yield f"    {name}) words='{words}' ;;"


def _bash(rows: list[Row]) -> list[str]:
    return [
        "_botox_schedule() {",
        '  local words current="${COMP_WORDS[COMP_CWORD]}"',
        f"  if [ \"$COMP_CWORD\" -eq 1 ]; then words='{' '.join(COMMANDS)} --help --version'",
        '  else case "${COMP_WORDS[1]}" in',
        *_cases(rows),
        "  esac; fi",
        '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
        "}",
        "complete -o default -o bashdefault -F _botox_schedule botox-schedule",
    ]


def _zsh(rows: list[Row]) -> list[str]:
    """Zsh can read the script for bash."""
    return [
        "#compdef botox-schedule",
        "autoload -U +X bashcompinit && bashcompinit",
        *_bash(rows),
        # Zsh first reads this file during a completion, which still needs its answer.
        "if [[ -n ${compstate-} ]]; then _bash_complete -o default -F _botox_schedule; fi",
    ]


def _fish(rows: list[Row]) -> list[str]:
    lines = []
    for row in rows:
        said = row["help"].replace("\\", "\\\\").replace("'", "\\'")
        when = f"__fish_seen_subcommand_from {row['command']}"
        if not (word := row["word"]):
            when, target = "__fish_use_subcommand", f"-f -a {row['command']}"
        elif word.startswith("--"):
            target = f"-l {word[2:]}"
        else:
            target = f"-o {word[1:]}" if word.startswith("-") else f"-a {word}"
        lines.append(f"complete -c botox-schedule -n '{when}' {target} -d '{said}'")
    return lines
