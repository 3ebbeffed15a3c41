// No container runtime: the same modules in one process.
Console.Error.WriteLine("SmartCity: no container runtime was found; everything runs in one process. -p:UseAspire=true asks for Aspire.");
return await SmartCity.AllInOne.EntryPoint.Main(["run", .. args]);
