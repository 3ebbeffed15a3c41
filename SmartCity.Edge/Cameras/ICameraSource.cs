namespace SmartCity.Edge.Cameras;

/// <summary>Where a camera's frames come from.</summary>
public interface ICameraSource
{
    /// <summary>True for pictures that wait, such as files: none is dropped, the source goes at the pace of recognition. False for live ones.</summary>
    bool Waits { get; }

    /// <summary>Whether the oldest frame that waits for recognition makes room for a newer one.</summary>
    bool DropsOldest => !Waits;

    /// <summary>Frames until the source ends. The taker disposes each.</summary>
    /// <exception cref="CameraLostException">The stream broke or could not be opened; opening it again may help.</exception>
    IAsyncEnumerable<Frame> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>A stream broke or could not be opened; the message says which and why.</summary>
public sealed class CameraLostException : Exception
{
    public CameraLostException()
    {
    }

    public CameraLostException(string message)
        : base(message)
    {
    }

    public CameraLostException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
