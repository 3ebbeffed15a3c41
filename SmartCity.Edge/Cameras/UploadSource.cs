using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace SmartCity.Edge.Cameras;

/// <summary>Frames that a camera sends by HTTP: <c>upload</c> for pictures that stand alone, <c>upload:stream</c> for those of a camera that sends several a second.</summary>
internal sealed class UploadSource(string source) : ICameraSource
{
    private const string Stills = "upload";
    private const string Stream = "upload:stream";

    /// <summary>Why such a camera gets nothing on an edge without a key.</summary>
    public const string NoKey = "Pictures are refused because the edge has no upload key. Set Edge__UploadKey on the edge, and let the camera send it in the header X-Api-Key.";

    private readonly Channel<Frame> _frames = Channel.CreateBounded<Frame>(16);

    public bool Waits => false;

    // A picture that stands alone is read once it was accepted, for no other shows its vehicle; whoever sends faster is told so.
    public bool DropsOldest => !SendsStills(source);

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
