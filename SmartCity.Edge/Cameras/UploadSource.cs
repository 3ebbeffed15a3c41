using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace SmartCity.Edge.Cameras;

/// <summary><c>upload</c>: frames that a camera sends by HTTP.</summary>
internal sealed class UploadSource : ICameraSource
{
    private readonly Channel<Frame> _frames = Channel.CreateBounded<Frame>(16);

    public bool Waits => false;

    /// <summary>Hands over a frame; false while the camera's queue is full.</summary>
    public bool TryOffer(Frame frame) => _frames.Writer.TryWrite(frame);

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var frame in _frames.Reader.ReadAllAsync(cancellationToken))
        {
            yield return frame;
        }
    }
}
