using System.Net;

namespace SmartCity.Edge.Configuration;

/// <summary>Whether the core's API answered when it was last asked for anything. Thread-safe.</summary>
internal sealed class CoreLink
{
    private volatile bool _isUp;

    /// <summary>False until it has answered.</summary>
    public bool IsUp => _isUp;

    /// <summary>It answered, or something before it did, such as a proxy without a core behind it.</summary>
    public void Answered(HttpStatusCode status) => _isUp = status < HttpStatusCode.InternalServerError;

    /// <summary>It could not be asked, unless the reason is in what it answered.</summary>
    public void Failed(Exception reason)
    {
        if (reason is OperationCanceledException or HttpRequestException { StatusCode: null })
        {
            _isUp = false;
        }
    }
}
