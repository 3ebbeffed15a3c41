using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace SmartCity.Edge.Tests.Faces;

/// <summary>
/// Looks for templates in bytes: as float32 in a row, each nearly the one that is sought, and as their base64 in ASCII and UTF-16. A process's memory is
/// all that it can read, as a full dump of a crash would hold it.
/// </summary>
internal static class MemorySearch
{
    private const int Row = 12;
    private const float Nearly = 2e-3f;
    private const int Piece = 16 << 20;

    /// <summary>How many places of a process's memory hold any of the templates, and how many bytes were searched.</summary>
    public static (int Found, long Bytes) InProcess(int id, IReadOnlyList<float[]> templates)
    {
        var (found, searched) = (0, 0L);
        var buffer = new byte[Piece];
        using var memory = File.OpenHandle($"/proc/{id}/mem");
        foreach (var line in File.ReadLines($"/proc/{id}/maps").ToList())
        {
            var cells = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!cells[1].StartsWith('r') || cells is [.., "[vvar]"] or [.., "[vvar_vclock]"] or [.., "[vsyscall]"])
            {
                continue;
            }

            var ends = cells[0].Split('-').Select(e => long.Parse(e, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();

            // Pieces overlap, so that nothing is cut in two.
            for (var from = ends[0]; from < ends[1]; from += Piece - 4096)
            {
                int read;
                try
                {
                    read = RandomAccess.Read(memory, buffer.AsSpan(0, (int)Math.Min(Piece, ends[1] - from)), from);
                }
                catch (IOException)
                {
                    break;
                }

                searched += read;
                found += In(buffer.AsSpan(0, read), templates);
            }
        }

        return (found, searched);
    }

    /// <summary>The same of a file of any size.</summary>
    public static (int Found, long Bytes) InFile(string path, IReadOnlyList<float[]> templates)
    {
        var (found, searched) = (0, 0L);
        var buffer = new byte[Piece];
        using var file = File.OpenHandle(path);
        for (long from = 0, length = RandomAccess.GetLength(file); from < length; from += Piece - 4096)
        {
            var read = RandomAccess.Read(file, buffer, from);
            searched = from + read;
            found += In(buffer.AsSpan(0, read), templates);
        }

        return (found, searched);
    }

    /// <summary>The same of all files of a folder.</summary>
    public static (int Found, long Bytes) InFolder(string folder, IReadOnlyList<float[]> templates) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(File.ReadAllBytes).Aggregate((Found: 0, Bytes: 0L), (sum, bytes) => (sum.Found + In(bytes, templates), sum.Bytes + bytes.Length));

    public static int In(ReadOnlySpan<byte> bytes, IReadOnlyList<float[]> templates)
    {
        var found = AsNumbers(MemoryMarshal.Cast<byte, float>(bytes), templates);
        foreach (var template in templates)
        {
            var exact = MemoryMarshal.AsBytes(template.AsSpan());

            // What was allocated lies at multiples of four, and is found above; in a file it may lie anywhere.
            found += bytes.IndexOf(exact[..(Row * sizeof(float))]) is > 0 and var at && at % sizeof(float) != 0 ? 1 : 0;
            for (var phase = 0; phase < 3; phase++)
            {
                // Base64 of what begins one or two bytes later looks different.
                var text = Convert.ToBase64String(exact.Slice((3 - phase) % 3, 36));
                found += bytes.IndexOf(Encoding.ASCII.GetBytes(text)) >= 0 ? 1 : 0;
                found += bytes.IndexOf(Encoding.Unicode.GetBytes(text)) >= 0 ? 1 : 0;
            }
        }

        return found;
    }

    private static int AsNumbers(ReadOnlySpan<float> numbers, IReadOnlyList<float[]> templates)
    {
        var found = 0;
        foreach (var template in templates)
        {
            var (first, second) = (template[0], template[1]);
            for (var i = 0; i <= numbers.Length - Row; i++)
            {
                if (Math.Abs(numbers[i] - first) < Nearly && Math.Abs(numbers[i + 1] - second) < Nearly && IsRow(numbers.Slice(i, Row), template))
                {
                    found++;
                }
            }
        }

        return found;
    }

    private static bool IsRow(ReadOnlySpan<float> numbers, float[] template)
    {
        for (var i = 0; i < Row; i++)
        {
            if (!(Math.Abs(numbers[i] - template[i]) < Nearly))
            {
                return false;
            }
        }

        return true;
    }
}
