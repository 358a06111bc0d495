"""The refusals of the endpoint, with the status and sub-status Cosmos uses."""


class Refused(Exception):
    """An answer other than success: status, Cosmos' code word, message, sub-status."""

    def __init__(self, status: int, code: str, message: str, sub_status: int = 0):
        super().__init__(message)
        self.status, self.code, self.message, self.sub_status = status, code, message, sub_status


def bad_request(message: str, sub_status: int = 0) -> Refused:
    return Refused(400, "BadRequest", message, sub_status)


def bad_query(message: str) -> Refused:
    return Refused(400, "BadRequest", f'{{"errors":[{{"severity":"Error","code":"SC1001","message":{_quoted(message)}}}]}}')


def unauthorized(message: str) -> Refused:
    return Refused(401, "Unauthorized", message)


def not_found(what: str = "Entity with the specified id does not exist in the system.") -> Refused:
    return Refused(404, "NotFound", what)


def conflict() -> Refused:
    return Refused(409, "Conflict", "Entity with the specified id already exists in the system.")


def precondition_failed() -> Refused:
    return Refused(412, "PreconditionFailed", "Operation cannot be performed because one of the specified precondition is not met.")


def too_large() -> Refused:
    return Refused(413, "RequestEntityTooLarge", "Request size is too large")


def not_servable(what: str) -> Refused:
    """Cosmos' gateway leaves these to the client, which then asks for a query plan."""
    return Refused(400, "BadRequest", f"{what} across partitions can not be directly served by the gateway.", 1004)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', "'") + '"'
