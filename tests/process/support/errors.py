"""The reason of a refused call."""
from google.rpc import error_details_pb2, status_pb2


def reason_of(error):
    """The reason in the ErrorInfo of a grpc.RpcError or grpc.aio.AioRpcError; "" if there is none."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                info = error_details_pb2.ErrorInfo()
                if detail.Unpack(info):
                    return info.reason
    return ""
