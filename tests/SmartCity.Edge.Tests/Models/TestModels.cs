using System.Security.Cryptography;
using System.Text;
using SmartCity.Contracts.Models;

namespace SmartCity.Edge.Tests.Models;

/// <summary>Versions for tests: made of the shipped reader, signed with a key of the tests.</summary>
internal sealed class TestModels : IDisposable
{
    private readonly string _private = ModelSigner.NewKey();
    private readonly ModelSigner _signer;

    public TestModels() => _signer = ModelSigner.Of(_private);

    public string PrivateKeyPem => _private;

    public string PublicKeyPem => _signer.PublicKeyPem;

    /// <summary>The shipped reader's file.</summary>
    public static byte[] Shipped()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Path.Combine(folder.FullName, "models", "city-1", "city-read-1.onnx") is var file && File.Exists(file))
            {
                return File.ReadAllBytes(file);
            }
        }

        throw new FileNotFoundException("models/city-1/city-read-1.onnx is in no folder above the tests.");
    }

    /// <summary>The same graph with the numbers of its large weights in another order: it loads, and reads nothing.</summary>
    public static byte[] Shuffled()
    {
        var file = Shipped();
        Shuffle(file, 0, file.Length, 0);
        return file;
    }

    public static ModelManifest Manifest(byte[] file, int number, string? id = null) => ModelManifest.Shipped("city-read-1") with
    {
        Id = id ?? $"city-read-{number}",
        Number = number,
        File = new ModelFile($"city-read-{number}.onnx", Convert.ToHexStringLower(SHA256.HashData(file)), file.Length),
        Lineage = new ModelLineage { Parent = "city-read-1", MadeBy = "a test", MadeAt = DateTimeOffset.UnixEpoch },
    };

    public SignedText Sign(ModelManifest manifest) => _signer.Sign(Encoding.UTF8.GetString(manifest.ToBytes()));

    public ModelRelease Release(ModelManifest manifest, long sequence, bool back = false)
    {
        var signed = Sign(manifest);
        return new ModelRelease(_signer.Sign(Order(signed, manifest, sequence, back).ToText()), signed);
    }

    public static ModelOrder Order(SignedText signed, ModelManifest manifest, long sequence, bool back) => new()
    {
        Kind = manifest.Kind,
        Sequence = sequence,
        Version = manifest.Id,
        ManifestSha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(signed.Text))),
        Rollback = back,
        At = DateTimeOffset.UnixEpoch,
    };

    public void Dispose() => _signer.Dispose();

    // ONNX is a protobuf: model.graph (7) → initializer (5) → raw_data (9).
    private static void Shuffle(byte[] bytes, int from, int to, int depth)
    {
        int[] path = [7, 5, 9];
        for (var at = from; at < to;)
        {
            var tag = Varint(bytes, ref at);
            switch (tag & 7)
            {
                case 0:
                    Varint(bytes, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    var length = (int)Varint(bytes, ref at);
                    if (tag >> 3 == (ulong)path[depth] && depth < 2)
                    {
                        Shuffle(bytes, at, at + length, depth + 1);
                    }
                    else if (tag >> 3 == (ulong)path[depth] && length > 10_000)
                    {
                        var halves = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan(at, length / 2 * 2));
#pragma warning disable CA5394 // the same each time
                        new Random(1).Shuffle(halves);
#pragma warning restore CA5394
                    }

                    at += length;
                    break;
            }
        }
    }

    private static ulong Varint(byte[] bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
