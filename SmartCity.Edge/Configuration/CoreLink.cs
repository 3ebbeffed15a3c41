using System.Net;

namespace SmartCity.Edge.Configuration;

/// <summary>Whether the core's API answered when it was last asked for anything. Thread-safe.</summary>
internal sealed class CoreLink(TimeProvider time)
{
    // Postgres, the migrations and the demo registry on a slow and busy machine.
    private static readonly TimeSpan StartsWithin = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private bool _isUp;
    private long _downSince = time.GetTimestamp();

    /// <summary>False until it has answered.</summary>
    public bool IsUp
    {
        get
        {
            lock (_gate)
            {
                return _isUp;
            }
        }
    }

    /// <summary>It does not answer, but not for longer than a core ordinarily takes to start.</summary>
    public bool MayBeStarting
    {
        get
        {
            lock (_gate)
            {
                return !_isUp && time.GetElapsedTime(_downSince) < StartsWithin;
            }
        }
    }

    /// <summary>It answered, or something before it did, such as a proxy without a core behind it.</summary>
    public void Answered(HttpStatusCode status) => Set(status < HttpStatusCode.InternalServerError);

    /// <summary>It could not be asked, unless the reason is in what it answered.</summary>
    public void Failed(Exception reason)
    {
        if (reason is OperationCanceledException or HttpRequestException { StatusCode: null })
        {
            Set(false);
        }
    }

    private void Set(bool isUp)
    {
        lock (_gate)
        {
            if (_isUp && !isUp)
            {
                _downSince = time.GetTimestamp();
            }

            _isUp = isUp;
        }
    }
}
