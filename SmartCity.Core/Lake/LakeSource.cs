using System.Runtime.CompilerServices;

namespace SmartCity.Core.Lake;

/// <summary>Files of the lake, to be read here.</summary>
internal static class LakeSource
{
    /// <summary>Gets a file and looks whether it is what the lake says. The caller disposes both.</summary>
    /// <exception cref="InvalidDataException">It is missing, truncated or damaged; the message names it.</exception>
    public static async Task<(TemporaryFile File, LakeParquetReader Reader)> OpenAsync(CityLake lake, LakeTable table, LiveFile source, CancellationToken cancellationToken)
    {
        var file = new TemporaryFile();
        try
        {
            await lake.Files.DownloadAsync(source.File.Location, file.Path, cancellationToken);
            return (file, Open(table, source, file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Every row of a file, a row group at a time.</summary>
    /// <exception cref="InvalidDataException">It is missing, truncated or damaged; the message names it.</exception>
    public static async IAsyncEnumerable<LakeBatch> BatchesAsync(CityLake lake, LakeTable table, LiveFile source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (copy, reader) = await OpenAsync(lake, table, source, cancellationToken);
        using (copy)
        using (reader)
        {
            for (var group = 0; group < reader.Groups; group++)
            {
                yield return reader.Read(group);
            }
        }
    }

    // Files of an earlier spec lack what they are apart by.
    private static LakeParquetReader Open(LakeTable table, LiveFile source, TemporaryFile file)
    {
        if (file.Length != source.File.Bytes)
        {
            throw new InvalidDataException($"{source.File.Location} has {file.Length} bytes, and the lake says {source.File.Bytes}.");
        }

        var constants = source.File.Partition.Count > 1 && source.File.Partition[1] is string text ? new Dictionary<int, string> { [table.Definition["station_id"].Id] = text } : [];
        LakeParquetReader? reader = null;
        try
        {
            reader = new LakeParquetReader(table.Definition, file.Path, constants) { Named = $"{source.File.Location} of table {table.Name}" };
            return reader.Rows == source.File.Rows ? reader : throw new InvalidDataException($"{source.File.Location} has {reader.Rows} rows, and the lake says {source.File.Rows}.");
        }
        catch (ParquetSharp.ParquetException e)
        {
            throw new InvalidDataException($"{source.File.Location} cannot be read: {e.Message}", e);
        }
        catch (InvalidDataException)
        {
            reader?.Dispose();
            throw;
        }
    }
}
