using System.Diagnostics;

namespace SmartCity.Edge.Tests.Hosting;

/// <summary>A disk of its own of a few megabytes, which can be really full.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const string Filler = "filler";
    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    /// <summary>Skips the test where disks can't be mounted.</summary>
    public static SmallDisk Mount(string folder, int megabytes = 1)
    {
        Directory.CreateDirectory(folder);
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", folder), "Only root can mount a disk of its own.");
        return new SmallDisk(folder);
    }

    public void Grow(int megabytes) => Assert.True(Run("mount", "-o", $"remount,size={megabytes}m", _folder));

    /// <summary>Takes every byte that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(Path.Combine(_folder, Filler), FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var page = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(page);
            }
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    public void Empty() => File.Delete(Path.Combine(_folder, Filler));

    public void Dispose() => Assert.True(Run("umount", "-l", _folder));

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
