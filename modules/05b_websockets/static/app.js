// The page: a room and an echo, each with a socket of its own.

import { startEcho } from "./echo.js";
import { startRoom } from "./room.js";

startRoom(document.querySelector("#room"));
startEcho(document.querySelector("#echo"));
