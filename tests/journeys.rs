//! The end-to-end journeys: one module a story, each against real mail servers.

mod journeys {
    mod servers;
}
