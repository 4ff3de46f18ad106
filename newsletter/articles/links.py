"""Where articles are on our own pages."""

from newsletter.articles.models import Article
from newsletter.articles.policy import slug_of


def article_url(article: Article, base_url: str) -> str:
    return f"{base_url}/articles/{article.id}/{slug_of(article.title)}"
