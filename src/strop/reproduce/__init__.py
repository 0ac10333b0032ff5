"""The paper's experiments as commands; each protocol is one file, and the rest is what protocols are made of.

fig4  fig4_weak  table1  baselines  strategies  table2     the protocols, by the name on the command line
protocol                                                   what all but table2 share, and `perform`
cells  crew  child  watch                                  their cells: planned, run in child processes, shown
curves  evaluations  comparisons  floor                    what the documents of cells come to
figure  dots  gains                                        drawing
pages                                                      tables on a page and on a terminal, estimates as data
asking  arms  progress                                     asking a model many times: for table2, and for proposals
proposals                                                  the second part of strategies
rehearsal  rates  document                                 the rest of table2: its judgement, its figures, its page
"""
