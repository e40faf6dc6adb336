"""Rooms: what one client says, everyone in the room reads, whichever process or host they are connected to."""
