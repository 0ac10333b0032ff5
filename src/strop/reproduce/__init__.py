"""The paper's experiments as commands.

fig4  baselines  table1     the protocols: fig4 and fig4-weak; baselines and strategies; table1
protocol                    what they share, `perform` and the plan
cells  tables               the runs and measurements that a protocol consists of; numbers as tables
table2                      how often a model switches a sandbox off: many answers to one request, each judged
"""
