"""Models behind an agent of Microsoft Foundry: conversations and responses, the successor of Azure AI Agents.

Experimental: nobody has recordings of this service here. The shapes are those that `azure-ai-projects` 2 and `openai`
declare.
"""
