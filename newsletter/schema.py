"""All tables, for migrations: importing this module imports each feature's models."""

from newsletter.articles import models as articles
from newsletter.core.db import Base
from newsletter.delivery import models as delivery
from newsletter.digests import models as digests
from newsletter.editions import models as editions
from newsletter.newsletters import models as newsletters
from newsletter.subscriptions import models as subscriptions
from newsletter.suppressions import models as suppressions

FEATURES = (articles, delivery, digests, editions, newsletters, subscriptions, suppressions)

metadata = Base.metadata
