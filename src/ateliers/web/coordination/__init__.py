"""The door of coordinators, the national team and funders, signed in."""
