using DuckDB.NET.Data;
using SmartCity.Core.Lake.Iceberg;
using SmartCity.Lake.Sql;

namespace SmartCity.Lake.Tables;

/// <summary>Which file is at fault when a statement could not read its files: DuckDB does not always say.</summary>
internal static class DamagedFile
{
    private static readonly byte[] Magic = "PAR1"u8.ToArray();

    /// <param name="paths">By location.</param>
    /// <returns>Null if all can be read.</returns>
    public static DataFile? Find(DuckEngine engine, IReadOnlyList<DataFile> files, Dictionary<string, string> paths, CancellationToken cancellationToken) =>
        files.FirstOrDefault(f => !IsParquet(paths[f.Location])) ?? files.FirstOrDefault(f => !CanBeRead(engine, paths[f.Location], cancellationToken));

    private static bool IsParquet(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var (head, tail) = (new byte[Magic.Length], new byte[Magic.Length]);
            file.ReadExactly(head);
            file.Seek(-Magic.Length, SeekOrigin.End);
            file.ReadExactly(tail);
            return head.AsSpan().SequenceEqual(Magic) && tail.AsSpan().SequenceEqual(Magic);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static bool CanBeRead(DuckEngine engine, string path, CancellationToken cancellationToken)
    {
        try
        {
            engine.Run($"SELECT max(hash(f)) FROM read_parquet([{Translator.Quote(path)}]) AS f", _ => true, cancellationToken);
            return true;
        }
        catch (DuckDBException)
        {
            return false;
        }
    }
}
