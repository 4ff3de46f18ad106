"""What of a visitor's traces is kept."""

from newsletter.subscriptions.policy.budgets import By, networks


def kept_ip(ip: str, how: str) -> str:
    """The address, the network around it, or "", as `NEWSLETTER_KEEP_IP` says."""
    if how == "none":
        return ""
    return networks(ip).get(By.WIDE, "") if how == "network" else ip[:45]


def kept_agent(agent: str, how: str) -> str:
    """The user agent, its first word, or ""."""
    if how == "none":
        return ""
    return agent.partition(" ")[0][:40] if how == "network" else agent[:300]
