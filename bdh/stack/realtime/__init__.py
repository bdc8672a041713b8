"""The embedded Realtime server: Phoenix channels over WebSocket, fed by Postgres."""

from bdh.stack.realtime.app import RealtimeApp
from bdh.stack.realtime.limits import Limits

__all__ = ["Limits", "RealtimeApp"]
