import { mount } from "svelte";
import { unlockAtFirstGesture } from "./lib/alarm";
import "./lib/theme.css";
import App from "./patrol/App.svelte";

const target = document.getElementById("app");
if (target === null) throw new Error("patrol.html has no #app");
unlockAtFirstGesture();
mount(App, { target });
