using OpenCvSharp;

namespace SmartCity.Edge.Cameras;

/// <summary>
/// A frame as video decoders give it (I420): a plane of brightness, and two of colour at half its width and height, 8 bit, limited range. Its memory
/// is used again for a later frame once it is disposed.
/// </summary>
internal sealed class PlanarPicture : IDisposable
{
    private const int Dark = 16;
    private const int Colourless = 128;

    private readonly byte[] _bytes;
    private readonly Mat _all;
    private readonly Action<PlanarPicture> _done;

    /// <param name="done">Takes the picture back when it is disposed.</param>
    public PlanarPicture(int width, int height, Action<PlanarPicture> done)
    {
        _done = done;
        _bytes = GC.AllocateUninitializedArray<byte>(width * height * 3 / 2, pinned: true);
        _all = Mat.FromPixelData(height * 3 / 2, width, MatType.CV_8UC1, _bytes);
        Brightness = Mat.FromPixelData(height, width, MatType.CV_8UC1, _all.Data);
        Planes =
        [
            (Brightness, Scalar.All(Dark)),
            (Mat.FromPixelData(height / 2, width / 2, MatType.CV_8UC1, _all.Data + width * height), Scalar.All(Colourless)),
            (Mat.FromPixelData(height / 2, width / 2, MatType.CV_8UC1, _all.Data + width * height * 5 / 4), Scalar.All(Colourless)),
        ];
    }

    /// <summary>What a decoder writes.</summary>
    public Span<byte> Bytes => _bytes;

    /// <summary>Height × width, 8 bit.</summary>
    public Mat Brightness { get; }

    /// <summary>Each plane, and what black is in it.</summary>
    public IReadOnlyList<(Mat Plane, Scalar Black)> Planes { get; }

    /// <summary>The picture in BGR; the caller disposes it.</summary>
    public Mat ToBgr() => _all.CvtColor(ColorConversionCodes.YUV2BGR_I420);

    public void Dispose() => _done(this);
}
