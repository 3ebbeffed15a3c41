using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;
using SmartCity.Edge.Faces;
using SmartCity.Faces;

namespace SmartCity.Edge.Tests.Faces;

/// <summary>The face models, and portraits of people who are known.</summary>
public sealed class Portraits : IDisposable
{
    private readonly Lazy<FaceDetector> _detector = new(() => FaceDetector.Open(ModelFolder));
    private readonly Lazy<FaceDescriber> _describer = new(() => FaceDescriber.Open(ModelFolder));
    private readonly Lazy<FaceDescriber> _lastStep = new(OpenLastStep);

    /// <summary>Where the models' files lie in the repository.</summary>
    public static string ModelFolder { get; } = Path.Combine(Root(), "models", "faces");

    public static string Folder { get; } = Path.GetFullPath(Path.Combine(Root(), "..", "shared", "data", "faces"));

    internal FaceDetector Detector => _detector.Value;

    internal FaceDescriber Describer => _describer.Value;

    /// <summary>Gives what the descriptor makes its template of in its last step: whoever has it has the template.</summary>
    internal FaceDescriber LastStep => _lastStep.Value;

    /// <summary>Skips the test where the portraits are not there.</summary>
    public static void Needed() => Assert.SkipUnless(File.Exists(Path.Combine(Folder, "truth.tsv")), $"There are no portraits in {Folder}.");

    /// <summary>File, and who or how many people it shows.</summary>
    public static List<(string File, string Person)> Known() =>
        [.. File.ReadAllLines(Path.Combine(Folder, "truth.tsv")).Skip(1).Select(l => l.Split('\t')).Select(c => (c[0], c[1]))];

    internal static Mat Picture(string file) => Cv2.ImRead(Path.Combine(Folder, file));

    /// <summary>Pictures of somebody who passes: the same portrait, each time a little elsewhere.</summary>
    /// <returns>The pictures as a camera gives them.</returns>
    internal static List<Mat> Pass(string file, string folder, int frames = 4)
    {
        Directory.CreateDirectory(folder);
        using var portrait = Picture(file);
        var pictures = new List<Mat>();
        for (var i = 0; i < frames; i++)
        {
            using var part = portrait.SubMat(3 * i, portrait.Height, 2 * i, portrait.Width);
            var jpeg = part.ImEncode(".jpg", new ImageEncodingParam(ImwriteFlags.JpegQuality, 92));
            File.WriteAllBytes(Path.Combine(folder, $"{i}-{file}"), jpeg);
            pictures.Add(Cv2.ImDecode(jpeg, ImreadModes.Color));
        }

        return pictures;
    }

    internal List<FoundFace> Find(Mat picture) => Detector.Find(picture.Pixels(), FaceSearch.Usual);

    internal List<DescribedFace> Describe(Mat picture, FaceGates gates) => Describer.Describe(picture.Pixels(), Detector, FaceSearch.Usual, gates);

    public void Dispose()
    {
        if (_detector.IsValueCreated)
        {
            _detector.Value.Dispose();
        }

        if (_describer.IsValueCreated)
        {
            _describer.Value.Dispose();
        }

        if (_lastStep.IsValueCreated)
        {
            _lastStep.Value.Dispose();
        }
    }

    // In an ONNX file, what is written after its end is added: here an output, field 12 of the graph, which is field 7.
    private static FaceDescriber OpenLastStep()
    {
        var name = "mean_pool"u8;
        byte[] output = [0x3A, (byte)(name.Length + 4), 0x62, (byte)(name.Length + 2), 0x0A, (byte)name.Length, .. name];
        byte[] model = [.. File.ReadAllBytes(Path.Combine(ModelFolder, "face-descriptor.onnx")), .. output];
        return FaceDescriber.Of(DescriptorCard.Of(DescriptorCard.Usual) with { Output = "mean_pool", Length = 256 }, new InferenceSession(model));
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SmartCity.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
