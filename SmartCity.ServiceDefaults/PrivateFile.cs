namespace SmartCity.ServiceDefaults;

/// <summary>Files that nobody but the process' own user may read.</summary>
public static class PrivateFile
{
    /// <summary>Ending of a file that is being written.</summary>
    public const string Beside = ".new";

    /// <summary>Written beside and renamed: a reader finds the old one or the new one.</summary>
    public static void Write(string file, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var beside = file + Beside;
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            using (var stream = new FileStream(beside, options))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(beside, file, overwrite: true);
        }
        catch
        {
            // Half a file is useless and may contain a plate.
            File.Delete(beside);
            throw;
        }
    }
}
