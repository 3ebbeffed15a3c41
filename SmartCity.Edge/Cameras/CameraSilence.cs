namespace SmartCity.Edge.Cameras;

/// <summary>How long a live stream may send nothing, and what is said then.</summary>
internal sealed class CameraSilence : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _silence;
    private readonly CancellationTokenSource _stop;

    /// <summary>Begins with the wait for one picture.</summary>
    public CameraSilence(TimeProvider time, CancellationToken cancellationToken)
    {
        _silence = new CancellationTokenSource(Longest, time);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _silence.Token);
    }

    /// <summary>Ends the wait when it has lasted too long, or when the camera is stopped.</summary>
    public CancellationToken Token => _stop.Token;

    public bool IsTooLong => _silence.IsCancellationRequested;

    /// <param name="shown">The stream's address, without its password.</param>
    public static string Says(string cameraId, string shown) => $"Camera {cameraId}: {shown} sent nothing for {Longest.TotalSeconds} seconds.";

    public void Dispose()
    {
        _stop.Dispose();
        _silence.Dispose();
    }
}
