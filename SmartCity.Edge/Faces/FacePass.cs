using OpenCvSharp;
using SmartCity.Faces;

namespace SmartCity.Edge.Faces;

/// <summary>One person before one camera: where the face is, and good looks that are not described yet. What it holds is zeroed when it is disposed.</summary>
internal sealed class FacePass(FaceBox box, TimeSpan at, IEnumerable<HeldOrder> orders) : IDisposable
{
    // About the face, in its own widths and heights.
    private const float Room = 1f;
    private const int Quality = 90;

    // Pixels: more help nobody to compare, and the core takes only so much.
    private const int LongestSide = 800;

    private const float SamePlace = 0.2f;
    private const float FarthestMove = 0.8f;

    private readonly List<FaceCut> _looks = [];
    private Mat? _best;
    private double _bestValue;

    public FaceBox Box { get; private set; } = box;

    public TimeSpan SeenAt { get; private set; } = at;

    /// <summary>Capture time of the best look.</summary>
    public DateTimeOffset BestAt { get; private set; }

    /// <summary>Orders that it was counted under, and is not compared under yet. Without any it is followed on, so that it is not compared again.</summary>
    public List<HeldOrder> Open { get; } = [.. orders];

    public IReadOnlyList<FaceCut> Looks => _looks;

    /// <summary>How well a face of the next frame fits in with it: 0 for not at all.</summary>
    public float Fits(in FaceBox face)
    {
        var overlap = Box.Overlap(face);
        if (overlap >= SamePlace)
        {
            return 1 + overlap;
        }

        var (dx, dy) = (Box.X + Box.Width / 2 - face.X - face.Width / 2, Box.Y + Box.Height / 2 - face.Y - face.Height / 2);
        var size = MathF.Max(Box.Width, face.Width);
        var move = MathF.Sqrt(dx * dx + dy * dy) / size;
        return move < FarthestMove && MathF.Min(Box.Width, face.Width) > size / 2 ? 1 - move / 2 : 0;
    }

    public void Seen(in FaceBox box, TimeSpan at) => (Box, SeenAt) = (box, at);

    /// <summary>Takes a good look, which it disposes in the end.</summary>
    /// <param name="others">Other faces of the frame: nobody else is shown.</param>
    public void Add(FaceCut look, Mat frame, DateTimeOffset capturedAt, IEnumerable<FaceBox> others)
    {
        _looks.Add(look);
        var value = look.Look.EyeDistance * (1 - Math.Min(1, Math.Abs(look.Look.Yaw)));
        if (value > _bestValue)
        {
            (_bestValue, BestAt) = (value, capturedAt);
            Forget();
            _best = Picture(frame, look.Face.Box, others);
        }
    }

    /// <summary>JPEG of the best look.</summary>
    public byte[] Jpeg()
    {
        var quality = new ImageEncodingParam(ImwriteFlags.JpegQuality, Quality);
        var scale = LongestSide / (double)Math.Max(_best!.Width, _best.Height);
        if (scale >= 1)
        {
            return _best.ImEncode(".jpg", quality);
        }

        using var small = _best.Resize(default, scale, scale, InterpolationFlags.Area);
        try
        {
            return small.ImEncode(".jpg", quality);
        }
        finally
        {
            small.Bytes().Clear();
        }
    }

    /// <summary>Its looks are done with, or are not of one person and are gathered anew.</summary>
    public void Clear()
    {
        _looks.ForEach(l => l.Dispose());
        _looks.Clear();
        _bestValue = 0;
        Forget();
    }

    public void Dispose() => Clear();

    private static Mat Picture(Mat frame, in FaceBox face, IEnumerable<FaceBox> others)
    {
        var room = face.Grown(Room);
        var area = new Rect((int)room.X, (int)room.Y, (int)room.Width, (int)room.Height) & new Rect(0, 0, frame.Width, frame.Height);
        using var part = frame.SubMat(area);
        var picture = part.Clone();
        FaceBlur.Apply(picture.Bytes(), picture.Width, picture.Height, (int)picture.Step(), picture.Channels(), others.Select(o => o with { X = o.X - area.X, Y = o.Y - area.Y }), [face with { X = face.X - area.X, Y = face.Y - area.Y }]);
        return picture;
    }

    private void Forget()
    {
        _best?.Bytes().Clear();
        _best?.Dispose();
        _best = null;
    }
}
