using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Bricks;

/// <summary>
/// Names a call in the environment of its program, which whatever that program starts inherits. So it is found also when its parent has ended and nothing else
/// tells whose it was. On Linux; elsewhere nobody is found.
/// </summary>
internal sealed class ProcessMark
{
    private const string Name = "SMARTCITY_BRICKS_CALL";

    // What is found may start others meanwhile.
    private const int Rounds = 3;

    private readonly string _value = Guid.NewGuid().ToString("N");

    public void Put(ProcessStartInfo program) => program.Environment[Name] = _value;

    public void KillAll()
    {
        for (var round = 0; round < Rounds && Kill(); round++)
        {
        }
    }

    private bool Kill()
    {
        var found = false;
        if (!OperatingSystem.IsLinux())
        {
            return found;
        }

        var mark = System.Text.Encoding.ASCII.GetBytes($"{Name}={_value}");
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && Has(folder, mark))
            {
                found = true;
                Kill(id);
            }
        }

        return found;
    }

    private static bool Has(string folder, byte[] mark)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(folder, "environ")).AsSpan().IndexOf(mark) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // it has ended, or is somebody else's
        }
    }

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It has ended.
        }
    }
}
