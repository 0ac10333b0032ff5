"""The paper's experiments as commands; each protocol is one file, and the rest is what protocols are made of.

fig4  fig4_weak  table1  baselines  strategies     the protocols, by the name on the command line; table2 is in unsandboxing
protocol                                           what all but table2 share, and `perform`
pages                                              tables on a page and on a terminal, estimates as data
proposals                                          the second part of strategies
cells  child  progress                             what protocols consist of: run once, each in a process, and shown
values                                             what the documents of cells come to
asker                                              asking a model many times: for table2, and for proposals
unsandboxing                                       table2: its arms, its judgement, its figures, its page
"""
