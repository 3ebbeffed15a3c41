namespace SmartCity.Lake.Tables;

/// <summary>Folders for plates: nobody else of this machine reads them, or puts a file there that would be taken for one of ours.</summary>
internal static class PrivateFolder
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OfOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Makes a folder that only its owner may look into. One that is there is left as whoever set it up wanted it.</summary>
    public static string Make(string folder) => (OperatingSystem.IsWindows() ? Directory.CreateDirectory(folder) : Directory.CreateDirectory(folder, Own)).FullName;

    /// <summary>The same below the temporary folder, where anybody may have made it before.</summary>
    /// <exception cref="InvalidOperationException">It is somebody else's.</exception>
    public static string MakeInTemporary(string folder)
    {
        var made = new DirectoryInfo(Make(folder));
        if (OperatingSystem.IsWindows())
        {
            return made.FullName;
        }

        if (made.LinkTarget is not null)
        {
            throw new InvalidOperationException($"{folder} is a link. Set Lake:Folder to a folder of your own.");
        }

        try
        {
            // Whoever could write there may have; and only its owner may change who can.
            if ((File.GetUnixFileMode(folder) & OfOthers) != 0)
            {
                made.Delete(recursive: true);
                Make(folder);
            }

            File.SetUnixFileMode(folder, Own);
            return made.FullName;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new InvalidOperationException($"{folder} belongs to another user of this machine ({e.Message}). Set Lake:Folder to a folder of your own.", e);
        }
    }
}
