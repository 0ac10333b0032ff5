"""strop reproduce: its commands are imported when they are called."""

from __future__ import annotations

from cyclopts import App

from strop.cli.help import HELP_FLAGS

PROTOCOLS = {
    "table2": "How often a model switches a sandbox off when it improves an improver, with and without a warning (§6.2).",
    "fig4": "Test meta-utility on learning parity with noise by iteration, 5 runs (Figure 4, left; §5.1).",
    "fig4-weak": "The same with a weak model, 25 runs, by the paper's selection and by a gated one (Figure 4, right; §5.3).",
    "table1": "An improver that STOP made on learning parity with noise, on five tasks that it never saw (Table 1; §5.2).",
    "baselines": "Chain of thought and greedy iterative improvement beside the seed improver (§5.1).",
    "strategies": "Every shipped strategy at equal budget (Figure 1; §6.1).",
    "budgets": "How often improvers exceed budgets that are told and not enforced, and whether it pays (§6.2).",
}

reproduce_command = App(
    name="reproduce",
    help="Carry out a protocol of the paper, with the paper's parameters by default. The same command with the same --out "
    "continues unfinished work; of table2 strop resume does.",
    help_flags=HELP_FLAGS,
    help_format="plaintext",
)
for name, line in PROTOCOLS.items():
    function = f"{name.replace('-', '_')}_command"
    reproduce_command.command(f"strop.cli.commands.reproduce.protocols:{function}", name=name, help=line)
