"""The paper's experiments as commands.

fig4  fig4_weak  table1  baselines  strategies     one protocol each, by its name on the command line
protocol                                           what they share, and `perform`
cells  child  progress                             the commands that a protocol consists of, each run once in a process
curves  evaluations  tables                        the documents of cells as numbers, and numbers as tables
table2  rehearsal                                  how often a model switches a sandbox off
asking                                             many answers of a model, for table2
"""
