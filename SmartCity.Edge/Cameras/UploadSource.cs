using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace SmartCity.Edge.Cameras;

/// <summary>Frames that a camera sends by HTTP: <c>upload</c> for pictures that stand alone, <c>upload:stream</c> for those of a camera that sends several a second.</summary>
internal sealed class UploadSource : ICameraSource
{
    private const string Stills = "upload";
    private const string Stream = "upload:stream";

    private readonly Channel<Frame> _frames = Channel.CreateBounded<Frame>(16);

    public bool Waits => false;

    public static bool IsUpload(string source) => source is Stills or Stream;

    /// <summary>Whether each picture of such a camera stands alone.</summary>
    public static bool SendsStills(string source) => source == Stills;

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
