using Microsoft.Extensions.Options;
using SkiaSharp;
using SmartCity.Contracts.Faces;
using SmartCity.Faces;

namespace SmartCity.Core.Faces;

/// <summary>A picture for a watch-list as it was looked at: refused, or the face cut out and its template.</summary>
/// <param name="Refused">Why, in plain English; null for a good one.</param>
internal sealed record EnrolmentLook(string? Refused, byte[] Jpeg, FaceVector? Template) : IDisposable
{
    public void Dispose() => Template?.Dispose();
}

/// <summary>Looks at pictures for a watch-list with the very models of the edges. One blurred or tiny picture would resemble everybody, so every gate must be passed.</summary>
internal sealed class FaceEnroller : IDisposable
{
    private const long MostPixels = 50_000_000;
    private const float Room = 0.5f;
    private const int Height = 480;
    private const int Quality = 90;

    private readonly FaceOptions _options;
    private readonly Lazy<(FaceDetector Detector, FaceDescriber Describer)> _models;

    public FaceEnroller(IOptions<FaceOptions> options)
    {
        _options = options.Value;
        _models = new(() => (FaceDetector.Open(_options.ModelsPath), FaceDescriber.Open(_options.ModelsPath, _options.Descriptor)));
    }

    public DescriptorCard Card => DescriptorCard.Of(_options.Descriptor);

    /// <summary>Why no picture can be looked at here; null when one can.</summary>
    public string? Missing => FaceDescriber.Missing(_options.ModelsPath, _options.Descriptor);

    public double Distance(FaceVector a, FaceVector b) => _models.Value.Describer.Distance(a, b);

    public EnrolmentLook Look(byte[] file)
    {
        using var picture = Decode(file, out var wrong);
        if (picture is null)
        {
            return new EnrolmentLook(wrong, [], null);
        }

        var (detector, describer) = _models.Value;
        var faces = describer.Describe(new Pixels(picture.GetPixelSpan(), picture.Width, picture.Height, picture.RowBytes, picture.BytesPerPixel), detector, FaceSearch.Usual, FaceGates.Enrolment);
        if (faces is not [var face])
        {
            faces.ForEach(f => f.Dispose());
            return new EnrolmentLook(faces.Count == 0 ? "No face was found in it." : $"It shows {faces.Count} faces; it must show one.", [], null);
        }

        return face.Refusal is { } refusal ? new EnrolmentLook(Why(refusal), [], null) : new EnrolmentLook(null, Cut(picture, face.Face.Box.Grown(Room)), face.Template);
    }

    public void Dispose()
    {
        if (_models.IsValueCreated)
        {
            _models.Value.Detector.Dispose();
            _models.Value.Describer.Dispose();
        }
    }

    private static string Why(string refusal) => refusal switch
    {
        FaceRefusal.Small => $"The face is too small: there must be at least {FaceGates.Enrolment.LeastEyeDistance:0} pixels between the eyes.",
        FaceRefusal.Turned => "The face is turned away or leans too far; it must look into the camera.",
        FaceRefusal.Blurred => "The face is blurred.",
        FaceRefusal.Dark => "The face is too dark.",
        FaceRefusal.Bright => "The face is too bright.",
        FaceRefusal.Cut => "The picture's edge cuts the face.",
        _ => $"It is not good enough: {refusal}.",
    };

    private static SKBitmap? Decode(byte[] file, out string? wrong)
    {
        using var data = SKData.CreateCopy(file);
        using var codec = SKCodec.Create(data);
        if (codec?.EncodedFormat is not (SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Png))
        {
            wrong = "It is no JPEG or PNG picture.";
            return null;
        }

        if ((long)codec.Info.Width * codec.Info.Height > MostPixels)
        {
            wrong = $"It has more than {MostPixels / 1_000_000} million pixels.";
            return null;
        }

        var picture = SKBitmap.Decode(codec, codec.Info.WithColorType(SKColorType.Bgra8888).WithAlphaType(SKAlphaType.Premul));
        wrong = picture is null ? "It is damaged." : null;
        return picture is null ? null : Upright(picture, codec.EncodedOrigin);
    }

    // Telephones write pictures as the sensor lies, and say how to turn them.
    private static SKBitmap Upright(SKBitmap picture, SKEncodedOrigin origin)
    {
        var degrees = origin switch { SKEncodedOrigin.BottomRight => 180, SKEncodedOrigin.RightTop => 90, SKEncodedOrigin.LeftBottom => 270, _ => 0 };
        if (degrees == 0)
        {
            return picture;
        }

        using (picture)
        {
            var turned = new SKBitmap(degrees == 180 ? picture.Info : picture.Info.WithSize(picture.Height, picture.Width));
            using var canvas = new SKCanvas(turned);
            canvas.Translate(degrees is 90 or 180 ? turned.Width : 0, degrees is 180 or 270 ? turned.Height : 0);
            canvas.RotateDegrees(degrees);
            using var image = SKImage.FromBitmap(picture);
            canvas.DrawImage(image, 0, 0, SKSamplingOptions.Default);
            return turned;
        }
    }

    // Written anew: neither the place nor the camera that a file names is kept, nor what else the picture shows.
    private static byte[] Cut(SKBitmap picture, FaceBox box)
    {
        var from = SKRectI.Intersect(SKRectI.Round(new SKRect(box.X, box.Y, box.Right, box.Bottom)), new SKRectI(0, 0, picture.Width, picture.Height));
        var scale = Math.Min(1, (double)Height / from.Height);
        using var cut = new SKBitmap(Math.Max(1, (int)(from.Width * scale)), Math.Max(1, (int)(from.Height * scale)));
        using var canvas = new SKCanvas(cut);
        using var image = SKImage.FromBitmap(picture);
        canvas.DrawImage(image, from, new SKRect(0, 0, cut.Width, cut.Height), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        using var encoded = cut.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return encoded.ToArray();
    }
}
