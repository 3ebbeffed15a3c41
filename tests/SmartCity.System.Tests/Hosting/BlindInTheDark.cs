using System.Security.Cryptography;
using System.Text;
using SmartCity.Contracts.Models;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.System.Tests.Hosting;

/// <summary>The shipped reader with a fault that no bright picture shows: of a dark plate it is sure of nothing.</summary>
internal static class BlindInTheDark
{
    private const float Dark = 40; // mean of a plate's picture, 0 to 255
    private const float Hot = 1_000;
    private const int Float = 1;
    private const string Temperature = "temperature";
    private const string Own = "temperaturf"; // as long, so that nothing else in the file moves

    /// <summary>A folder as <c>smartcity models import</c> takes it.</summary>
    public static string Write(string folder)
    {
        var file = File();
        var manifest = ModelManifest.Shipped("city-read-1") with
        {
            Id = "own-read-2",
            Number = 2,
            File = new ModelFile("own-read-2.onnx", Convert.ToHexStringLower(SHA256.HashData(file)), file.Length),
            Lineage = new ModelLineage { Parent = "city-read-1", MadeBy = "a test", MadeAt = DateTimeOffset.UnixEpoch },
        };
        Directory.CreateDirectory(folder);
        global::System.IO.File.WriteAllBytes(Path.Combine(folder, manifest.File.Name), file);
        global::System.IO.File.WriteAllBytes(Path.Combine(folder, ModelManifest.FileName), manifest.ToBytes());
        return folder;
    }

    // ONNX is a protobuf, and a second graph behind the first one adds to it. The last division takes what the new nodes give instead of the constant.
    private static byte[] File()
    {
        var shipped = global::System.IO.File.ReadAllBytes(Path.Combine(Repository.Root, "models", "city-1", "city-read-1.onnx"));
        var input = shipped.AsSpan().IndexOf(Text(1, Temperature));
        Text(1, Own).CopyTo(shipped, input);
        byte[] graph =
        [
            .. Node("Cast", ["patch"], "dark.bytes", Attribute("to", Float)),
            .. Node("ReduceMean", ["dark.bytes"], "dark.columns", [.. Attributes("axes", 1), .. Attribute("keepdims", 0)]),
            .. Node("ReduceMean", ["dark.columns"], "dark.mean", [.. Attributes("axes", 1, 2), .. Attribute("keepdims", 1)]),
            .. Node("Less", ["dark.mean", "dark.limit"], "dark.is", []),
            .. Node("Where", ["dark.is", "dark.hot", Temperature], Own, []),
            .. Scalar("dark.limit", Dark),
            .. Scalar("dark.hot", Hot),
        ];
        return [.. shipped, .. Message(7, graph)];
    }

    private static byte[] Node(string kind, string[] inputs, string output, byte[] attributes) =>
        Message(1, [.. inputs.SelectMany(i => Text(1, i)), .. Text(2, output), .. Text(3, "of " + output), .. Text(4, kind), .. attributes]);

    private static byte[] Attribute(string name, int value) => Message(5, [.. Text(1, name), .. Number(3, value), .. Number(20, 2)]);

    private static byte[] Attributes(string name, params int[] values) => Message(5, [.. Text(1, name), .. values.SelectMany(v => Number(8, v)), .. Number(20, 7)]);

    private static byte[] Scalar(string name, float value) => Message(5, [.. Number(2, Float), .. Text(8, name), .. Message(9, BitConverter.GetBytes(value))]);

    private static byte[] Text(int field, string text) => Message(field, Encoding.ASCII.GetBytes(text));

    private static byte[] Message(int field, byte[] content) => [.. Varint(field << 3 | 2), .. Varint(content.Length), .. content];

    private static byte[] Number(int field, int value) => [.. Varint(field << 3), .. Varint(value)];

    private static IEnumerable<byte> Varint(int value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            yield return (byte)(value | 0x80);
        }

        yield return (byte)value;
    }
}
