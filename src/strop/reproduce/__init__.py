"""The paper's experiments as commands.

fig4  baselines  table1     the protocols: fig4 and fig4-weak; baselines and strategies; table1
protocol  cells             what they share, `perform` and the plan; the runs and measurements that they consist of
table2                      how often a model switches a sandbox off: many answers to one request, each judged
reproduction                the result of each
"""
