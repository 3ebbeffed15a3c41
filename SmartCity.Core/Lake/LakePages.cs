using ParquetSharp;

namespace SmartCity.Core.Lake;

/// <summary>Whether the pages of a Parquet file are those that were written, by their checksums where it has them. Values are not decoded.</summary>
internal static class LakePages
{
    /// <summary>A file whose pages are compared with their checksums as they are read.</summary>
    public static ParquetFileReader Open(string path)
    {
        using var properties = ReaderProperties.GetDefaultReaderProperties();
        properties.EnablePageChecksumVerification();
        return new ParquetFileReader(path, properties);
    }

    /// <returns>What is wrong; null if nothing is.</returns>
    public static string? Fault(string path)
    {
        try
        {
            using var file = Open(path);
            for (var g = 0; g < file.FileMetaData.NumRowGroups; g++)
            {
                using var group = file.RowGroup(g);
                for (var c = 0; c < file.FileMetaData.NumColumns; c++)
                {
                    using var column = group.Column(c);
                    using var chunk = group.MetaData.GetColumnChunkMetaData(c);
                    if (column.Skip(chunk.NumValues) is var read && read != chunk.NumValues)
                    {
                        return $"a column has {read} values where its end says {chunk.NumValues}";
                    }
                }
            }

            return null;
        }
        catch (ParquetException e)
        {
            return e.Message;
        }
    }
}
