"""Azure AI Agents, the classic API: its agent, threads and runs behind `AgentRuntime`.

Microsoft retires it on 31 March 2027.
"""
